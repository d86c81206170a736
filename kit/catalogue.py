"""The page that shows every part of the design system, with figures that hang together.

Mounted at `/design/` in demo and debug only; it reads nothing and writes nothing.
"""

from datetime import UTC, datetime, timedelta

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from kit import guard
from kit.charts.ages import AgeChart
from kit.charts.bars import Annotation, Bar, BarChart, Fill
from kit.charts.phases import Phase, PhaseFill, WhenBar
from kit.charts.progress import Progress

NOW = datetime(2026, 11, 24, 9, 14, tzinfo=UTC)
NEXT_PURGE = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)
RAW = """{
  "index": 1204874,
  "at": "2026-11-24T09:15:07Z",
  "action": "retention.policy.sent"
}"""
SIGNATURE = ("Yk3v+0pQmT9rJc2LdX7uHs1eBw8NfZ", "5aGi6RoE4tKyVhUxP2qA0sMlCj9DnW==")
Row = dict[str, object]


class PolicyForm(forms.Form):
    """Shows fields as they look in use, one of them with an error."""

    days = forms.IntegerField(
        label=_("Keep conversations for"),
        min_value=1,
        error_messages={
            "min_value": _("Enter 1 to 3,650 days, %(show_value)s is not possible.")
        },
    )
    undo = forms.ChoiceField(
        label=_("Can come back for"), choices=[("7", _("7 days")), ("14", _("14 days"))]
    )
    counted = forms.ChoiceField(
        label=_("Counted from"),
        widget=forms.RadioSelect,
        choices=[
            ("last", _("Last message in the conversation")),
            ("first", _("Creation of the conversation")),
        ],
    )
    covers_files = forms.BooleanField(label=_("Also covers files"), initial=True)
    reason = forms.CharField(
        label=_("Reason, kept in the audit log"),
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Needed because retention gets shorter."),
    )


@guard.public
def page(request: HttpRequest) -> HttpResponse:
    """Every part once, in the theme that the address asks for."""
    theme = request.GET.get("theme", "auto")
    if theme not in {"auto", "light", "dark"}:
        theme = "auto"
    return render(
        request,
        "components/catalogue.html",
        {
            **_frame(),
            **_charts(),
            "theme": theme,
            "now": NOW,
            "next_purge": NEXT_PURGE,
            "waiting": timedelta(days=7, hours=22),
            "form": _form(),
            "steps": _steps(),
            "figures": _figures(),
            "changes": _changes(),
            "plan": _plan(),
            "result": _result(),
            "signature": SIGNATURE,
            "who": _who(),
            "raw": RAW,
            "options": [
                {"label": days, "value": days, "url": f"?days={days}", "chosen": chosen}
                for days, chosen in (("30", 0), ("90", 1), ("180", 0), ("365", 0))
            ],
        },
    )


def _form() -> PolicyForm:
    return PolicyForm(
        {
            "days": "0",
            "undo": "7",
            "counted": "last",
            "covers_files": "on",
            "reason": "RS-14",
        }
    )


def _frame() -> Row:
    return {
        "switcher": {
            "name": "Halden Engineering",
            "fact": _("Enterprise plan"),
            "choices": [
                _place(
                    "Halden Engineering", fact=_("Enterprise plan"), is_current=True
                ),
                _place("Halden Pilot", fact=_("Team plan")),
            ],
        },
        "navigation": [
            {"label": "", "items": [_place(_("Overview"), icon="layout-dashboard")]},
            {
                "label": _("Retention"),
                "items": [
                    _place(_("Policies"), icon="calendar-clock", is_current=True),
                    _place(_("Conversations"), icon="messages"),
                    _place(_("Deletions"), icon="trash"),
                    _place(_("Sweeps"), icon="recycle"),
                    _place(_("Holds"), icon="lock", count="3"),
                ],
            },
            {
                "label": _("Organization"),
                "items": [_place(_("Audit log"), icon="list-search")],
            },
        ],
        "navigation_foot": [_place(_("Promises"), icon="rosette-discount-check")],
        "crumbs": [
            {"label": "Halden Engineering", "url": "#"},
            {"label": _("Parts"), "url": ""},
        ],
        "jobs": {"label": _("No jobs running"), "url": "#"},
        "help_url": "#",
        "person": {
            "name": "Mara Lindqvist",
            "email": "mara.lindqvist@halden.example",
            "links": [{"label": _("My data"), "url": "#", "icon": "user"}],
        },
        "sign_out_url": "#",
    }


def _place(label: object, **more: object) -> Row:
    return {"label": label, "url": "#", "count": "", "is_current": False, **more}


def _steps() -> list[Row]:
    return [
        {
            "label": _("Sign the plan"),
            "state": "done",
            "facts": [_("4,712 conversations"), "02:00:04 UTC"],
        },
        {
            "label": _("Purge conversations"),
            "state": "current",
            "facts": [_("3,794 of 4,712"), _("batch 20 of 24")],
        },
        {
            "label": _("Destroy keys"),
            "state": "todo",
            "facts": [_("waits for the purge")],
        },
        {
            "label": _("Sign the receipt"),
            "state": "locked",
            "facts": [_("closes the sweep")],
        },
    ]


def _figures() -> list[Row]:
    return [
        {
            "name": _("Purged in 12 weeks"),
            "number": "20,511",
            "fact": _("262,114 messages, 6,204 files, 41.6 GB"),
        },
        {
            "name": _("More than version 7"),
            "number": "+6,017",
            "tone": "warn",
            "fact": _("version 7 purges 14,494"),
        },
        {
            "name": _("Kept by holds"),
            "number": "1,150",
            "tone": "held",
            "fact": _("Brennan v. Halden 904, Supplier audit 246"),
        },
        {
            "name": _("Members touched"),
            "number": "371",
            "fact": _("of 412, each is told when it is approved"),
        },
    ]


def _changes() -> list[Row]:
    return [
        {"field": "keep_days", "before": 120, "after": 90},
        {
            "field": "second_person",
            "before": None,
            "after": "ife.adeyemi@halden.example",
        },
        {"field": "state", "before": "draft", "after": "awaiting_approval"},
    ]


def _who() -> list[Row]:
    return [
        {"name": _("Who"), "value": _("Mara Lindqvist, workspace owner")},
        {"name": _("From"), "value": _("single sign-on session, 203.0.113.24")},
        {"name": _("On"), "value": _("Retention policy"), "url": "#"},
        {"name": _("Why"), "value": _("Records schedule RS-14 sets 90 days")},
    ]


def _plan() -> list[Row]:
    return [
        {"name": _("Workspace"), "value": "Halden Engineering"},
        {"name": _("Policy"), "value": _("version 8, 90 days")},
        {"name": _("Planned"), "value": _("4,712 conversations")},
        {"name": _("Plan root"), "value": "7c1e 40b9 … d2f8 61aa", "is_mono": True},
    ]


def _result() -> list[Row]:
    return [
        {"name": _("Purged"), "value": "4,706"},
        {"name": _("Left, held"), "value": _("6, hold Works council 14-B")},
        {"name": _("Failed"), "value": "0"},
    ]


def _charts() -> Row:
    return {
        "ages": AGES,
        "weeks": WEEKS,
        "nights": NIGHTS,
        "refusals": REFUSALS,
        "when": WHEN,
        "running": Progress(
            title="3,794 of 4,712 purged, 6 held", total=4712, done=3794, held=42
        ),
        "integrity": Progress(
            title="1,204,850 of 1,204,862 entries verified",
            total=1_204_862,
            done=1_204_850,
            segments=8,
            is_ok=True,
        ),
    }


AGES = AgeChart(
    id="ages",
    title="The oldest deleted conversation is 7 days old; the limit is 30 days",
    description="1,312 conversations wait, none of them older than 8 days.",
    caption="Days since deletion or expiry. 1,312 conversations are waiting; "
    "held ones are not counted.",
    counts=(203, 176, 89, 61, 199, 208, 178, 198),
    restorable_days=7,
    restorable_label="1,114 can be restored",
    next_label="198 go tonight",
    limit_label="Promise: gone by day 30",
    room_label="22 d 2 h of room, nothing here",
    day_name="Day",
    value_name="Conversations",
)

_WEEKS = (
    ("23 Nov", 1210, 110, 1200),
    ("30 Nov", 5733, 612, 1190),
    ("7 Dec", 1190, 120, 1110),
    ("14 Dec", 1260, 130, 1000),
    ("21 Dec", 1290, 120, 960),
    ("28 Dec", 1330, 110, 1080),
    ("4 Jan", 1340, 120, 1190),
    ("11 Jan", 1350, 110, 1270),
    ("18 Jan", 1330, 130, 1300),
    ("25 Jan", 1340, 110, 1310),
    ("1 Feb", 1350, 120, 1350),
    ("8 Feb", 1360, 120, 1370),
)
WEEKS = BarChart(
    id="weeks",
    title="Most of it goes in the week of 30 November: 5,733 conversations",
    description="Under version 8 the backlog older than 90 days falls due at once.",
    caption="Conversations purged per week, week starting",
    category="Week",
    value_name="Version 8",
    held_name="Held, left in place",
    compared_name="Version 7, today",
    bars=tuple(
        Bar(label=label, value=value, held=held, compared=compared)
        for label, value, held, compared in _WEEKS
    ),
    annotation=Annotation(
        bar=1,
        title="5,733 in the week of 30 Nov",
        lines=("The older backlog falls due at once;", "612 more are held and stay."),
    ),
    plot_height=220,
)

_NIGHTS = (190, 201, 176, 181, 70, 58, 188, 204, 196, 185, 178, 66, 60, 204)
_PLANNED = (198, 186, 207, 196, 61, 88, 174)
NIGHTS = BarChart(
    id="nights",
    title="204 conversations were purged last night, 198 go tonight",
    description="Between 58 and 204 were purged each night since 11 November.",
    caption="Conversations per night at 02:00 UTC, 11 November to 1 December 2026",
    category="Night",
    value_name="Purged",
    planned_name="Scheduled",
    held_name="Held, left in place",
    bars=tuple(
        Bar(
            label=str((10 + number) % 30 + 1),
            value=value,
            held=0 if value < 100 else 10,
            fill=Fill.SOLID if number < len(_NIGHTS) else Fill.PLANNED,
            is_current=number == len(_NIGHTS) - 1,
        )
        for number, value in enumerate(_NIGHTS + _PLANNED)
    ),
    divider_before=len(_NIGHTS),
    divider_label="Today",
    plot_height=140,
)

_ENTRIES = (19, 19, 16, 1, 4, 22, 23, 4, 1, 1, 21, 18, 4, 1, 18, 21, 16, 2)
REFUSALS = BarChart(
    id="refusals",
    title="211 entries in three days, two of them refused",
    description="Entries per four hours; refusals on Wednesday and Friday.",
    caption="Entries per 4 h",
    category="Hours",
    value_name="Entries",
    refused_name="Refused",
    bars=tuple(
        Bar(
            label=("Wed 18", "Thu 19", "Fri 20")[number // 6],
            value=value,
            refused=1 if number in {7, 13} else 0,
            fill=Fill.SECOND,
        )
        for number, value in enumerate(_ENTRIES)
    ),
    label_every=6,
    plot_height=90,
)

WHEN = WhenBar(
    title="When it happens",
    phases=(
        Phase(
            name="Approval",
            starts="Now",
            remark="Change it freely",
            fill=PhaseFill.IDLE,
        ),
        Phase(
            name="Grace, 24 h",
            starts="On approval",
            remark="Cancel at once",
            fill=PhaseFill.SOFT,
        ),
        Phase(
            name="Hidden, can come back, 7 d",
            starts="25 Nov at the earliest",
            remark="Lengthen to bring back",
            fill=PhaseFill.HATCHED,
            weight=2,
        ),
        Phase(
            name="Purged each night",
            starts="3 Dec, 02:00 UTC at the earliest",
            remark="Cannot be undone",
            fill=PhaseFill.SOLID,
            weight=3,
            is_final=True,
        ),
    ),
    limit_label="25 Dec",
    limit_remark="Day 30",
)
