"""Reads what members type about their projects and memories."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from workspaces.groups.models import Group
from workspaces.projects import limits
from workspaces.projects.models import ShareRight


class ProjectForm(forms.Form):
    """The words of a project."""

    name = forms.CharField(label=_("Name"), max_length=limits.NAME)
    instructions = forms.CharField(
        label=_("Instructions for chats in it"),
        max_length=limits.INSTRUCTIONS,
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("Stored sealed. Whoever you share the project with can read them."),
    )


class FileForm(forms.Form):
    """One file for a project."""

    file = forms.FileField(
        label=_("File"),
        max_length=limits.FILE_NAME,
        help_text=_("At most 2 MB. Stored sealed, with a key of its own."),
    )


class ShareForm(forms.Form):
    """With whom a project is shared: a member by address, or a group."""

    email = forms.EmailField(label=_("Member's address"), required=False)
    group = forms.ChoiceField(label=_("or a group"), required=False)
    right = forms.ChoiceField(
        label=_("They can"),
        choices=[
            (ShareRight.USE.value, _("Use it")),
            (ShareRight.EDIT.value, _("Use and edit it")),
        ],
    )

    def __init__(self, *args: Any, groups: list[Group], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        found = [(str(group.public_id), group.name) for group in groups]
        # The field is of this form's own; Django's stubs see only the base class.
        self.fields["group"].choices = [("", _("No group")), *found]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Exactly one of the two."""
        cleaned: dict[str, Any] = super().clean() or {}
        if bool(cleaned.get("email")) == bool(cleaned.get("group")):
            raise forms.ValidationError(
                _("Give a member's address or choose a group, one of the two.")
            )
        return cleaned


class MemoryForm(forms.Form):
    """One thing to remember."""

    text = forms.CharField(
        label=_("Something to remember about you"),
        max_length=limits.MEMORY,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
