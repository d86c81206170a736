"""The fields of a floor and a ceiling."""

from django import forms
from django.utils.translation import gettext_lazy as _

from retention.policies.rules import LONGEST_DAYS, SHORTEST_DAYS


class BoundsForm(forms.Form):
    """Between which days policies of one kind may keep."""

    floor_days = forms.IntegerField(
        label=_("No policy keeps shorter than"),
        required=False,
        min_value=SHORTEST_DAYS,
        max_value=LONGEST_DAYS,
        help_text=_("Empty: no floor."),
    )
    ceiling_days = forms.IntegerField(
        label=_("No policy keeps longer than"),
        required=False,
        min_value=SHORTEST_DAYS,
        max_value=LONGEST_DAYS,
        help_text=_("Empty: no ceiling."),
    )
    reason = forms.CharField(
        label=_("Reason, kept in the audit log"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Say why, in a few words.")},
    )
