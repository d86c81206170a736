"""The page that shows every part of the design system, with figures that hang together.

Mounted at `/design/` in demo and debug only; it reads nothing and writes nothing.
"""

from datetime import UTC, datetime, timedelta

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from kit import guard
from kit.charts import samples
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
        "switcher": _switcher(),
        "navigation": _navigation(),
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


def _switcher() -> Row:
    return {
        "name": "Halden Engineering",
        "fact": _("Enterprise plan"),
        "choices": [
            _place("Halden Engineering", fact=_("Enterprise plan"), is_current=True),
            _place("Halden Pilot", fact=_("Team plan")),
        ],
    }


def _navigation() -> list[Row]:
    retention = [
        _place(_("Policies"), icon="calendar-clock", is_current=True),
        _place(_("Conversations"), icon="messages"),
        _place(_("Deletions"), icon="trash"),
        _place(_("Sweeps"), icon="recycle"),
        _place(_("Holds"), icon="lock", count="3"),
    ]
    return [
        {"label": "", "items": [_place(_("Overview"), icon="layout-dashboard")]},
        {"label": _("Retention"), "items": retention},
        {
            "label": _("Organization"),
            "items": [_place(_("Audit log"), icon="list-search")],
        },
    ]


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
        "ages": samples.AGES,
        "weeks": samples.WEEKS,
        "nights": samples.NIGHTS,
        "refusals": samples.REFUSALS,
        "when": samples.WHEN,
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
