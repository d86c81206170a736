"""Reads what a key shall open, for how long and from where."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from kit.refusals import Refused
from workspaces.keys import networks
from workspaces.keys.scopes import LABELS, Scope

_DAYS = {
    "30": _("30 days"),
    "90": _("90 days"),
    "180": _("180 days"),
    "365": _("a year"),
}
_OVERLAPS = {
    "0": _("stop at once"),
    "1": _("work for another hour"),
    "24": _("work for another day"),
    "168": _("work for another week"),
}


class IssueForm(forms.Form):
    """A name, scopes that the actor may give, an expiry and networks."""

    name = forms.CharField(
        label=_("Name"),
        max_length=200,
        help_text=_("What the program is, so that others know what stops without it."),
        error_messages={"required": _("Give the key a name.")},
    )
    scopes = forms.MultipleChoiceField(
        label=_("What it may do"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one scope.")},
    )
    days = forms.TypedChoiceField(
        label=_("Works for"), choices=list(_DAYS.items()), coerce=int, initial="90"
    )
    networks = forms.CharField(
        label=_("Only from these networks, one a line"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text=_("Such as 192.0.2.0/24. Empty means from anywhere."),
    )

    def __init__(self, *args: Any, grantable: Iterable[Scope], **options: Any) -> None:
        super().__init__(*args, **options)
        field: Any = self.fields["scopes"]
        field.choices = [(one.value, _labeled(one)) for one in grantable]

    def clean_networks(self) -> list[str]:
        """The networks in one spelling, or which line is none."""
        lines = self.cleaned_data["networks"].replace(",", "\n").splitlines()
        try:
            return networks.read(line for line in lines if line.strip())
        except Refused as refusal:
            raise forms.ValidationError(str(refusal)) from None


class RotateForm(forms.Form):
    """How long the old key works on."""

    overlap_hours = forms.TypedChoiceField(
        label=_("The old key shall"),
        choices=list(_OVERLAPS.items()),
        coerce=int,
        initial="24",
    )


def _labeled(scope: Scope) -> Any:
    return format_lazy("{label} · {name}", label=LABELS[scope], name=scope.value)
