"""Reads what the list of members is asked for."""

from django import forms
from django.utils.translation import gettext_lazy as _

from workspaces.roles.matrix import LABELS


class FindForm(forms.Form):
    """The beginning of an address, and a role."""

    q = forms.CharField(
        label=_("Address begins with"), required=False, max_length=254, strip=True
    )
    role = forms.ChoiceField(
        label=_("Role"),
        required=False,
        choices=[("", _("Any role")), *((r.value, str(n)) for r, n in LABELS.items())],
    )

    def clean_q(self) -> str:
        """Addresses are stored folded; the range search compares bytes."""
        return str(self.cleaned_data["q"]).lower()
