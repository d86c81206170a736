"""Reads what a matter is about and what its hold shall cover, one name a line."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from kit import content_kinds
from retention.holds import coverage
from retention.holds.matters import Narrowing, Text
from retention.holds.models import MAX_GRACE_DAYS, MIN_GRACE_DAYS, DatesOf

_MOST_LINES = 500
_ID = {"rows": 2, "spellcheck": "false"}


class TextForm(forms.Form):
    """What people write about a matter."""

    matter = forms.CharField(
        label=_("Matter"),
        max_length=500,
        strip=True,
        help_text=_("Who may see holds reads it; it is stored sealed."),
        error_messages={"required": _("Name the matter.")},
    )
    reference = forms.CharField(
        label=_("Reference, such as the case number"),
        max_length=200,
        strip=True,
        required=False,
    )
    description = forms.CharField(
        label=_("Description"),
        max_length=5000,
        strip=True,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    @property
    def text(self) -> Text:
        """What was written."""
        asked = self.cleaned_data
        return Text(
            name=asked["matter"],
            reference=asked["reference"],
            description=asked["description"],
        )


class ScopeForm(forms.Form):
    """Members by address; conversations, projects and GPTs by id; kinds and dates."""

    members = forms.CharField(
        label=_("Members, one address a line"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
        help_text=_("All they own is covered, now and later, also what they delete."),
    )
    projects = forms.CharField(
        label=_("Projects, one id a line"),
        required=False,
        widget=forms.Textarea(attrs=_ID),
        help_text=_("With their files and every conversation in them."),
    )
    conversations = forms.CharField(
        label=_("Conversations, one id a line"),
        required=False,
        widget=forms.Textarea(attrs=_ID),
        help_text=_(
            "The id stands on the page of each conversation. A Team workspace has no"
            " such pages: name the member there."
        ),
    )
    gpts = forms.CharField(
        label=_("GPTs, one id a line"),
        required=False,
        widget=forms.Textarea(attrs=_ID),
        help_text=_("With their versions and files."),
    )
    kinds = forms.MultipleChoiceField(
        label=_("Only these kinds of content"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None chosen: all. Kinds and dates narrow members and projects."),
    )
    from_day = forms.DateField(
        label=_("From"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    until_day = forms.DateField(
        label=_("Until"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    dates_of = forms.ChoiceField(
        label=_("The dates are compared with"),
        required=False,
        choices=[
            (DatesOf.LIFE, _("creation to last activity")),
            (DatesOf.CREATION, _("creation alone")),
        ],
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds: Any = self.fields["kinds"]
        kinds.choices = kind_labels().items()

    def clean_members(self) -> list[str]:
        """The addresses, each once."""
        return _lines(self.cleaned_data["members"])

    def clean_conversations(self) -> list[UUID]:
        """The ids, or which line is none."""
        return _ids(
            self.cleaned_data["conversations"], _t("“%s” is no id of a conversation.")
        )

    def clean_projects(self) -> list[UUID]:
        """The ids, or which line is none."""
        return _ids(self.cleaned_data["projects"], _t("“%s” is no id of a project."))

    def clean_gpts(self) -> list[UUID]:
        """The ids, or which line is none."""
        return _ids(self.cleaned_data["gpts"], _t("“%s” is no id of a GPT."))

    def clean(self) -> dict[str, Any]:
        """The span runs forward."""
        asked = super().clean() or {}
        since, until = asked.get("from_day"), asked.get("until_day")
        if since and until and since > until:
            self.add_error("until_day", _t("This day is before the first one."))
        return asked

    @property
    def narrowing(self) -> Narrowing:
        """The kinds and dates that were chosen."""
        asked = self.cleaned_data
        return Narrowing(
            content_kinds=tuple(asked["kinds"]) or None,
            from_at=_moment(asked["from_day"], time.min),
            until_at=_moment(asked["until_day"], time.max),
            dates_of=asked["dates_of"] or DatesOf.LIFE.value,
        )


class HoldForm(ScopeForm, TextForm):
    """Everything about a new hold."""

    field_order = ("matter", "reference", "description", "members")


class GraceForm(forms.Form):
    """For how many days released scopes still protect."""

    days = forms.IntegerField(
        label=_("Days"), min_value=MIN_GRACE_DAYS, max_value=MAX_GRACE_DAYS
    )


class ReleaseForm(forms.Form):
    """The matter typed again, and the reason."""

    typed_name = forms.CharField(required=False, max_length=500)
    reason = forms.CharField(required=False, max_length=1000, strip=True)


def kind_labels() -> dict[str, str]:
    """What pages call each kind of content that a hold can be narrowed to."""
    return {
        coverage.CONVERSATIONS: _t("conversations"),
        **{kind.name: str(s.labels) for kind, s in content_kinds.simple()},
    }


def _moment(day: date | None, clock: time) -> datetime | None:
    return None if day is None else datetime.combine(day, clock, tzinfo=UTC)


def _ids(text: str, sentence: str) -> list[UUID]:
    found = []
    for line in _lines(text):
        try:
            found.append(UUID(line))
        except ValueError:
            raise forms.ValidationError(sentence % line) from None
    return found


def _lines(text: str) -> list[str]:
    lines: Iterable[str] = (line.strip().strip(",;") for line in text.splitlines())
    found = list(dict.fromkeys(line.lower() for line in lines if line))
    if len(found) > _MOST_LINES:
        raise forms.ValidationError(_t("At most %s lines fit here.") % _MOST_LINES)
    return found
