"""Reads names, plans and policy texts."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from workspaces.settings.services import LONGEST_TEXT
from workspaces.tenancy.naming import NAME_LENGTH, SLUG_LENGTH
from workspaces.tenancy.plans import LABELS, Plan


class RenameForm(forms.Form):
    """Another name for a workspace."""

    name = forms.CharField(label=_("Name"), max_length=NAME_LENGTH)


class PolicyTextForm(forms.Form):
    """The text that members acknowledge."""

    text = forms.CharField(
        label=_("Policy text"),
        required=False,
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 10}),
        help_text=_("Plain text; a blank line begins a paragraph. Empty ends it."),
    )


class OpenForm(forms.Form):
    """A new workspace."""

    name = forms.CharField(label=_("Name"), max_length=NAME_LENGTH)
    slug = forms.CharField(
        label=_("Slug"),
        max_length=SLUG_LENGTH,
        help_text=_("Stands in its addresses (/w/<slug>/) and never changes."),
    )
    plan = forms.ChoiceField(label=_("Plan"))

    def __init__(self, *args: Any, plans: list[Plan], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The field is of this form's own; Django's stubs see only the base class.
        self.fields["plan"].choices = [(p.value, LABELS[p]) for p in plans]  # type: ignore[attr-defined]
