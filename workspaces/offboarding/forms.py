"""Reads why a member leaves, whose name was typed, and who takes over."""

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from kit.departures import Projects
from workspaces.members.models import Membership, MembershipStatus

_CHOICES = {
    Projects.HAND_OVER: _("Hand shared ones to who sees them already, delete the rest"),
    Projects.DELETE: _("Delete them all"),
}


class LeaveForm(forms.Form):
    """The reason, and for a removal the address of the member."""

    typed_name = forms.CharField(required=False, max_length=300, strip=True)
    reason = forms.CharField(required=False, max_length=1000, strip=True)


class RemovalForm(forms.Form):
    """What becomes of what a removed member made."""

    projects = forms.ChoiceField(
        label=_("Their projects"),
        widget=forms.RadioSelect,
        choices=[(one.value, label) for one, label in _CHOICES.items()],
        initial=Projects.HAND_OVER.value,
        required=False,
        help_text=_(
            "Nobody gets to see a project that was not shared with them. What is"
            " deleted is hidden at once and purged after the undo window; a hold keeps"
            " it."
        ),
    )
    successor = forms.CharField(
        label=_("Who takes over (address of a member)"),
        required=False,
        max_length=254,
        help_text=_(
            "Gets their GPTs, and the projects that this person sees already. Empty:"
            " GPTs go to an owner of the workspace, each shared project to who has it"
            " the longest, with the right to edit first."
        ),
    )

    def __init__(self, *args: Any, names_successor: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        if not names_successor:
            del self.fields["successor"]

    def clean_projects(self) -> Projects:
        """The choice; none is the usual one."""
        return Projects(self.cleaned_data["projects"] or Projects.HAND_OVER)

    def clean_successor(self) -> UUID | None:
        """The member of that address."""
        email = self.cleaned_data["successor"].strip().lower()
        if not email:
            return None
        active = Membership.objects.filter(status=MembershipStatus.ACTIVE)
        found = active.filter(email=email).values_list("public_id", flat=True).first()
        if found is None:
            raise forms.ValidationError(
                _t("No active member of this workspace has that address.")
            )
        return UUID(str(found))
