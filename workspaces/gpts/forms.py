"""Reads what a GPT shall say, whom it is shared with, and what is asked of lists."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from workspaces.gpts import drafts
from workspaces.gpts.drafts import TOOL_LABELS, Draft, Tool, Upload
from workspaces.gpts.levels import LABELS, Visibility

RIGHTS = [
    ("read", _("Chat")),
    ("view_config", _("See its settings")),
    ("write", _("Edit")),
]
_PLAIN = {"rows": 3, "spellcheck": "false"}


class _ManyFiles(forms.FileInput):
    allow_multiple_selected = True


class _FilesField(forms.FileField):
    """Any number of files; none is fine."""

    widget = _ManyFiles

    def clean(self, data: Any, initial: Any = None) -> "list[UploadedFile[Any]]":
        given = data if isinstance(data, list | tuple) else [data]
        return [super(_FilesField, self).clean(one, initial) for one in given if one]


class DraftForm(forms.Form):
    """One version of a GPT."""

    name = forms.CharField(label=_("Name"), max_length=drafts.LONGEST_NAME)
    description = forms.CharField(
        label=_("Description"),
        required=False,
        max_length=drafts.LONGEST_DESCRIPTION,
        help_text=_("One sentence for those who may use it."),
    )
    instructions = forms.CharField(
        label=_("Instructions"),
        required=False,
        max_length=drafts.LONGEST_INSTRUCTIONS,
        widget=forms.Textarea(attrs={"rows": 10}),
        help_text=_("Stored sealed. Only those read them who may see its settings."),
    )
    starters = forms.CharField(
        label=_("Conversation starters, one a line"),
        required=False,
        max_length=drafts.MOST_STARTERS * (drafts.LONGEST_STARTER + 2),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    tools = forms.MultipleChoiceField(
        label=_("Tools"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=[(one.value, label) for one, label in TOOL_LABELS.items()],
    )
    connectors = forms.CharField(
        label=_("Connectors by their short names, one a line"),
        required=False,
        max_length=2_000,
        widget=forms.Textarea(attrs=_PLAIN),
    )
    schema = forms.CharField(
        label=_("Actions: an OpenAPI schema, as JSON"),
        required=False,
        max_length=100_000,
        widget=forms.Textarea(attrs={**_PLAIN, "rows": 6}),
        help_text=_("Stored sealed. The hosts it calls must be allowed here."),
    )
    attachments = _FilesField(
        label=_("Files to add"),
        required=False,
        help_text=_("Stored sealed. Up to 2 MB together."),
    )
    keep = forms.MultipleChoiceField(
        label=_("Files to keep"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(
        self, *args: Any, kept: Mapping[UUID, str] | None = None, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        if not kept:
            del self.fields["keep"]
            return
        field: Any = self.fields["keep"]
        field.choices = [(str(one), name) for one, name in kept.items()]
        field.initial = [str(one) for one in kept]

    @property
    def draft(self) -> Draft:
        """What was written, once it is valid."""
        asked = self.cleaned_data
        return Draft(
            name=asked["name"],
            description=asked["description"],
            instructions=asked["instructions"],
            starters=_lines(asked["starters"]),
            tools=frozenset(Tool(one) for one in asked["tools"]),
            schemas=(asked["schema"],) if asked["schema"] else (),
            connectors=tuple(one.lower() for one in _lines(asked["connectors"])),
        )

    @property
    def uploads(self) -> tuple[Upload, ...]:
        """The files that came along."""
        return tuple(
            Upload(
                name=(one.name or "file")[:200],
                kind=(one.content_type or "")[:100],
                data=one.read(),
            )
            for one in self.cleaned_data["attachments"]
        )

    @property
    def keep_files(self) -> Sequence[UUID]:
        """The files of the version before that go on."""
        return [UUID(one) for one in self.cleaned_data.get("keep", ())]


class GiveForm(forms.Form):
    """A colleague by their address, or a group by its name, and what they may do."""

    email = forms.CharField(
        label=_("Work e-mail of a colleague"), required=False, max_length=254
    )
    group = forms.CharField(
        label=_("or the name of a group"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"list": "groups", "autocomplete": "off"}),
    )
    rights = forms.ChoiceField(label=_("They may"), choices=RIGHTS, initial="read")

    def clean(self) -> dict[str, Any]:
        """Exactly one of the two."""
        asked = super().clean() or self.cleaned_data
        if bool(asked.get("email")) is bool(asked.get("group")):
            raise forms.ValidationError(
                _("Name one: a colleague by their address, or a group.")
            )
        return asked


class FindForm(forms.Form):
    """What the list of governance shows."""

    visibility = forms.ChoiceField(
        label=_("Shared with"),
        required=False,
        choices=[("", _("Any level")), *((v.value, LABELS[v]) for v in Visibility)],
    )
    unassigned = forms.BooleanField(
        label=_("Only those without an owner"), required=False
    )


class ReasonForm(forms.Form):
    """Why something is done to a GPT of somebody else."""

    reason = forms.CharField(required=False, max_length=1_000)


class ReviewForm(forms.Form):
    """What becomes of a request, and why."""

    state = forms.ChoiceField(
        label=_("Decision"),
        choices=[
            ("approved", _("Approve: show this version")),
            ("sent_back", _("Send back: it may be asked for again")),
            ("rejected", _("Reject: this version is not shown")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what becomes of the request.")},
    )
    reason = forms.CharField(
        label=_("Why"),
        required=False,
        max_length=1_000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("The owner reads it. Needed unless you approve."),
    )


class DomainForm(forms.Form):
    """A domain that actions may call."""

    domain = forms.CharField(
        label=_("Domain"),
        max_length=300,
        help_text=_("It covers every host below it, as api.halden.example."),
    )


class TryForm(forms.Form):
    """An address to try against the rules."""

    url = forms.CharField(label=_("Address of an action"), max_length=2_000)


class ApproveForm(forms.Form):
    """A GPT from outside."""

    external_id = forms.CharField(label=_("Id of the GPT"), max_length=100)
    name = forms.CharField(label=_("Name"), max_length=200)


class ReassignForm(forms.Form):
    """Who gets a GPT."""

    email = forms.CharField(label=_("Work e-mail of the new owner"), max_length=254)


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())
