"""For how many days details are kept."""

from django import forms
from django.utils.translation import gettext_lazy as _

from audit.expiry.rules import LONGEST_DAYS, SHORTEST_DAYS


class DaysForm(forms.Form):
    """One number; the next page says what it takes before anything changes."""

    days = forms.IntegerField(
        label=_("Keep details for this many days"),
        min_value=SHORTEST_DAYS,
        max_value=LONGEST_DAYS,
        help_text=_("90 days to 7 years (2,557 days)."),
    )
