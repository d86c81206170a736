"""Reads what the list of members is asked for, and what is changed of one member."""

from django import forms
from django.utils.translation import gettext_lazy as _

from workspaces.members import narrowing
from workspaces.members.models import MembershipStatus
from workspaces.members.selectors import Wanted
from workspaces.members.services.seats import MOST_SEATS
from workspaces.roles.matrix import LABELS
from workspaces.tenancy.seats import LABELS as SEAT_LABELS

STATUS_LABELS = {
    MembershipStatus.ACTIVE: _("Active"),
    MembershipStatus.SUSPENDED: _("Suspended"),
    MembershipStatus.REMOVED: _("Removed"),
}
KEPT_LABELS = {"scim": _("SCIM"), "here": _("this workspace")}
ROLES = [(role.value, label) for role, label in LABELS.items()]
SEATS = [(seat.value, label) for seat, label in SEAT_LABELS.items()]


class FindForm(forms.Form):
    """The beginning of an address or name, and what members have."""

    q = forms.CharField(
        label=_("Address or name begins with"),
        required=False,
        max_length=254,
        strip=True,
    )
    role = forms.ChoiceField(
        label=_("Role"), required=False, choices=[("", _("Any role")), *ROLES]
    )
    status = forms.ChoiceField(
        label=_("Status"),
        required=False,
        choices=[
            ("", _("In the workspace")),
            *((one.value, word) for one, word in STATUS_LABELS.items()),
        ],
    )
    seat = forms.ChoiceField(
        label=_("Seat"), required=False, choices=[("", _("Any seat")), *SEATS]
    )
    kept = forms.ChoiceField(
        label=_("Kept by"),
        required=False,
        choices=[("", _("Anyone")), *KEPT_LABELS.items()],
    )

    def clean_q(self) -> str:
        """Addresses and names are stored folded; the range search compares bytes."""
        return str(self.cleaned_data["q"]).lower()

    def wanted(self) -> Wanted:
        """Which members are asked for; nothing but what this form has found valid."""
        asked = self.cleaned_data
        ways = {way.name: self.data.get(way.name) for way in narrowing.registered()}
        return Wanted(
            find=asked["q"],
            role=asked["role"],
            status=asked["status"],
            seat=asked["seat"],
            kept=asked["kept"],
            narrowed={name: value for name, value in ways.items() if value},
        )


class RoleForm(forms.Form):
    """Another role."""

    role = forms.ChoiceField(label=_("Role"), choices=ROLES)


class SeatForm(forms.Form):
    """Another type of seat."""

    seat = forms.ChoiceField(label=_("Seat"), choices=SEATS)


class SeatsForm(forms.Form):
    """How many seats there are, and which one new members get."""

    limit = forms.IntegerField(
        label=_("Seats"),
        required=False,
        min_value=1,
        max_value=MOST_SEATS,
        help_text=_("Empty means any number."),
    )
    default = forms.ChoiceField(label=_("New members get"), choices=SEATS)
