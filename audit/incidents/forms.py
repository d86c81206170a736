"""What people write about an incident, and what they set of a rule."""

from django import forms
from django.utils.translation import gettext_lazy as _

from audit.incidents.rules import LONGEST_MINUTES, MOST
from audit.incidents.services.handling import LONGEST_NAME, LONGEST_NOTE


class TextForm(forms.Form):
    """A text, as a note or as what was done."""

    text = forms.CharField(
        label=_("Text"),
        max_length=LONGEST_NOTE,
        widget=forms.Textarea({"rows": 3}),
        help_text=_("Sealed; the audit log tells that you wrote, not what."),
    )


class OwnerForm(forms.Form):
    """Who goes on with it."""

    owner = forms.CharField(label=_("New owner"), max_length=LONGEST_NAME)


class RuleForm(forms.Form):
    """One rule."""

    is_on = forms.BooleanField(label=_("Opens incidents"), required=False)
    threshold = forms.IntegerField(
        label=_("From how many"), min_value=1, max_value=MOST
    )
    minutes = forms.IntegerField(
        label=_("Within how many minutes"), min_value=1, max_value=LONGEST_MINUTES
    )
