"""Reads what the SCIM page is asked to do."""

from django import forms
from django.utils.translation import gettext_lazy as _

from workspaces.keys import rules
from workspaces.keys.models import TokenScope
from workspaces.roles.matrix import LABELS, Role


class TokenForm(forms.Form):
    """How long a new token lives, how far it goes, and from where."""

    days = forms.IntegerField(
        label=_("Days until it expires"),
        min_value=rules.SHORTEST_DAYS,
        max_value=rules.LONGEST_DAYS,
        initial=rules.USUAL_TOKEN_DAYS,
    )
    scope = forms.ChoiceField(
        label=_("It may write"),
        choices=[
            (TokenScope.USERS_AND_GROUPS.value, _("users and groups")),
            (TokenScope.USERS.value, _("users only")),
        ],
    )
    networks = forms.CharField(
        label=_("Only from these networks"),
        required=False,
        max_length=2_000,
        help_text=_("Such as 192.0.2.0/24, separated by commas; empty means anywhere."),
    )

    def clean_networks(self) -> list[str]:
        """One network each."""
        texts = str(self.cleaned_data["networks"]).replace("\n", ",").split(",")
        return [one.strip() for one in texts if one.strip()]


class SwitchesForm(forms.Form):
    """What the provider may do beyond its own users."""

    adopts = forms.BooleanField(label=_("Adopt existing members"), required=False)
    makes_owners = forms.BooleanField(label=_("Groups may make owners"), required=False)


class RoleForm(forms.Form):
    """The role that a group gives, or none."""

    role = forms.ChoiceField(
        required=False,
        choices=[("", _("none")), *((one.value, LABELS[one]) for one in Role)],
    )
