"""Reads whom to invite, as what, and the list that somebody uploads."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from workspaces.invitations.lists import MOST_BYTES
from workspaces.invitations.rules import State
from workspaces.roles.matrix import LABELS, Role
from workspaces.tenancy.seats import LABELS as SEAT_LABELS

STATE_LABELS = {
    State.PENDING: _("Pending"),
    State.ACCEPTED: _("Accepted"),
    State.EXPIRED: _("Expired"),
    State.REVOKED: _("Revoked"),
}


class FindForm(forms.Form):
    """The beginning of an address, and a state."""

    q = forms.CharField(
        label=_("Address begins with"), required=False, max_length=254, strip=True
    )
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[
            ("", _("Any state")),
            *((state.value, label) for state, label in STATE_LABELS.items()),
        ],
    )

    def clean_q(self) -> str:
        """Addresses are stored folded; the range search compares bytes."""
        return str(self.cleaned_data["q"]).lower()


class OfferForm(forms.Form):
    """What is offered: a role that the actor may give, and a seat."""

    role = forms.ChoiceField(label=_("Role"), initial=Role.MEMBER.value)
    seat = forms.ChoiceField(
        label=_("Seat"),
        choices=[(one.value, word) for one, word in SEAT_LABELS.items()],
    )

    def __init__(self, *arguments: Any, givable: list[Role], **options: Any) -> None:
        super().__init__(*arguments, **options)
        choices = [(role.value, LABELS[role]) for role in givable]
        self.fields["role"].choices = choices  # type: ignore[attr-defined]


class SendForm(OfferForm):
    """One address with what is offered."""

    email = forms.CharField(
        label=_("E-mail address"),
        max_length=254,
        error_messages={"required": _("Whom do you invite?")},
    )
    field_order = ("email", "role", "seat")


class UploadForm(forms.Form):
    """A list of people as CSV."""

    file = forms.FileField(
        label=_("CSV file"),
        allow_empty_file=True,
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,text/csv"}),
        error_messages={"required": _("Choose a file.")},
    )

    def content(self) -> bytes:
        """What was uploaded, a byte more than is allowed at most."""
        return bytes(self.cleaned_data["file"].read(MOST_BYTES + 1))
