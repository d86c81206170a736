"""What a person can add to a query without writing it, and the name of a view."""

from datetime import UTC, datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from audit.explorer import timeline
from audit.explorer.chips import KEY_LABELS
from audit.log.actions import CATALOG
from audit.query.rules import Query, parse
from audit.saved_views.services import LONGEST_NAME

ADDS = ("value", "begin", "end")
_KEYS = ("action", "actor", "target", "target_kind", "workspace", "index", "epoch")
_FIRST_YEAR, _LAST_YEAR = 1970, 9998


class AddForm(forms.Form):
    """One more term: a key, is or is not, and a value."""

    key = forms.ChoiceField(
        label=_("Filter by"),
        choices=[
            (key, KEY_LABELS[key]) for key in (*_KEYS, "area", "outcome", "actor_kind")
        ],
    )
    relation = forms.ChoiceField(
        label=_("Relation"), choices=[("", _("is")), ("-", _("is not"))], required=False
    )
    value = forms.CharField(
        label=_("Value"),
        max_length=200,
        widget=forms.TextInput({"list": "actions", "autocomplete": "off"}),
    )

    def added_to(self, query: Query) -> Query:
        """The query with the term; QueryRefused where the value is none of its key."""
        asked = self.cleaned_data
        value = asked["value"].replace("\\", "\\\\").replace('"', '\\"')
        return query.having(
            *parse(f'{asked["relation"]}{asked["key"]}:"{value}"').terms
        )


class RangeForm(forms.Form):
    """From and to: the twin of the brush over the timeline."""

    begin = forms.DateTimeField(label=_("From (UTC)"), required=False)
    end = forms.DateTimeField(label=_("Until (UTC)"), required=False)

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        for field in self.fields.values():
            field.widget = forms.DateTimeInput(
                {"type": "datetime-local", "step": 60}, format="%Y-%m-%dT%H:%M"
            )

    def clean(self) -> dict[str, Any]:
        """A time is UTC, within the years that the language knows."""
        asked = super().clean() or {}
        for name in ("begin", "end"):
            at = asked.get(name)
            if at and not _FIRST_YEAR <= at.year <= _LAST_YEAR:
                self.add_error(name, _("Give a day from 1970 to 9998."))
        return asked

    def put_on(self, query: Query) -> Query:
        """The query with these times in place of its own."""
        begin, end = (_utc(self.cleaned_data.get(name)) for name in ("begin", "end"))
        return timeline.between(query, begin, end)


class SaveForm(forms.Form):
    """A name for the query, and who sees it."""

    name = forms.CharField(label=_("Name of the view"), max_length=LONGEST_NAME)
    is_shared = forms.BooleanField(label=_("For all who read this log"), required=False)


def action_names() -> list[str]:
    """What the value of an action may be, for the browser to offer."""
    return sorted(CATALOG)


def _utc(at: datetime | None) -> datetime | None:
    return at.astimezone(UTC) if at else None
