"""Reads what the list of conversations is asked for."""

from django import forms
from django.utils.translation import gettext_lazy as _

from retention.conversations.selectors import State


class FindForm(forms.Form):
    """The state, and the beginning of the owner's address."""

    owner = forms.CharField(
        label=_("Owner's address begins with"),
        required=False,
        max_length=254,
        strip=True,
    )
    state = forms.ChoiceField(
        required=False,
        choices=[(state.value, state.value) for state in State],
        widget=forms.HiddenInput,
    )

    def clean_owner(self) -> str:
        """Addresses are stored folded; the range search compares bytes."""
        return str(self.cleaned_data["owner"]).lower()

    def clean_state(self) -> State:
        """Live ones unless something else was asked for."""
        return State(self.cleaned_data["state"] or State.LIVE)


class WhyForm(forms.Form):
    """Which object is asked about."""

    id = forms.UUIDField(
        label=_("Id of the object"),
        widget=forms.TextInput(attrs={"spellcheck": "false", "autocomplete": "off"}),
        error_messages={
            "required": _("Enter an id."),
            "invalid": _("An id looks like 7c9e6679-7425-40de-944b-e07fc1f90ae7."),
        },
    )
