"""The fields of the safeguards."""

from django import forms
from django.utils.translation import gettext_lazy as _


class SafeguardsForm(forms.Form):
    """How long a shortening waits, who else agrees, and when a sweep stops."""

    grace_hours = forms.IntegerField(
        label=_("Grace period"),
        min_value=0,
        max_value=336,
        help_text=_("A policy that lets anything go earlier waits this long."),
    )
    approval_percent = forms.IntegerField(
        label=_("Second person from"),
        required=False,
        min_value=1,
        max_value=100,
        help_text=_(
            "Percent of what the workspace stores of the policy's kind, newly due"
            " within 12 weeks. Empty: this asks nobody."
        ),
    )
    approval_number = forms.IntegerField(
        label=_("or from"),
        required=False,
        min_value=1,
        max_value=2_000_000_000,
        help_text=_("Objects newly due. Empty: this asks nobody."),
    )
    breaker_factor = forms.IntegerField(
        label=_("A sweep stops above"),
        min_value=2,
        max_value=100,
        help_text=_("Times what sweeps of this workspace usually purge."),
    )
    breaker_percent = forms.IntegerField(
        label=_("or above"),
        min_value=1,
        max_value=100,
        help_text=_("Percent of what the workspace stores."),
    )
    breaker_minimum = forms.IntegerField(
        label=_("but never below"),
        min_value=0,
        max_value=2_000_000_000,
        help_text=_(
            "What a preview announced does not count: only what nobody was shown."
        ),
    )
    reason = forms.CharField(
        label=_("Reason, kept in the audit log"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Say why, in a few words.")},
    )
