"""For how many days details are kept, and for how long entries."""

from django import forms
from django.utils.translation import gettext_lazy as _

from audit.expiry.rules import LONGEST_DAYS, SHORTEST_DAYS

EVER = "ever"
_YEARS = [
    (EVER, _("For ever")),
    ("365", _("1 year")),
    ("730", _("2 years")),
    ("1095", _("3 years")),
    ("1826", _("5 years")),
    ("2557", _("7 years")),
    ("3652", _("10 years")),
    ("7305", _("20 years")),
]


class DaysForm(forms.Form):
    """One number; the next page says what it takes before anything changes."""

    days = forms.IntegerField(
        label=_("Keep details for this many days"),
        min_value=SHORTEST_DAYS,
        max_value=LONGEST_DAYS,
        help_text=_("90 days to 7 years (2,557 days)."),
    )


class YearsForm(forms.Form):
    """One choice; the next page says what it takes before anything changes."""

    days = forms.ChoiceField(label=_("Keep entries"), choices=_YEARS)

    @property
    def chosen(self) -> int | None:
        """The days of a valid form; None for ever."""
        days = self.cleaned_data["days"]
        return None if days == EVER else int(days)


def years(days: int | None) -> str:
    """A number of days as the choice says it, or in days."""
    words = dict(_YEARS)
    known = words.get(EVER if days is None else str(days))
    return str(known) if known else str(_("%d days") % (days or 0))
