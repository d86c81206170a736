"""Reads why somebody is refused, and whether people may ask at all."""

from django import forms
from django.utils.translation import gettext_lazy as _


class RefuseForm(forms.Form):
    """The reason that the person is told."""

    reason = forms.CharField(
        label=_("Reason, which they are told"), max_length=500, required=False
    )


class SwitchForm(forms.Form):
    """Whether people of the organization may ask."""

    takes_requests = forms.BooleanField(
        label=_("People of this organization may ask to join"), required=False
    )
