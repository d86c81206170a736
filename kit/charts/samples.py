"""Charts with invented figures that hang together, for the catalogue of parts."""

from kit.charts.ages import AgeChart
from kit.charts.bars import Annotation, Bar, BarChart, Fill
from kit.charts.phases import Phase, PhaseFill, WhenBar

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
