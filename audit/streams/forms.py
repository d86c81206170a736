"""The forms of streams; what a destination must be told comes from its kind's table."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from audit.query import rules as queries
from audit.streams.kinds import DESTINATIONS, FORMAT_LABELS, Format, Kind, Setting
from audit.streams.services import Asked, Start, demand_open
from kit.refusals import Refused

_LONGEST = 20_000
_KEPT = _("Leave it empty to keep what is stored.")


class StreamForm(forms.Form):
    """Name, filter, format and settings of one kind of destination.

    `stored` are the settings of a stream that is changed: its secrets are not among
    what the form shows, and may stay empty.
    """

    name = forms.CharField(
        label=_("Name"), max_length=100, help_text=_("As people know the receiver.")
    )
    query = forms.CharField(
        label=_("Filter"),
        required=False,
        max_length=4_000,
        help_text=_("Empty sends every entry. Example: area:holds outcome:refused"),
    )
    format = forms.ChoiceField(label=_("Format"))

    def __init__(
        self, *args: Any, kind: Kind, stored: dict[str, str] | None = None, **more: Any
    ) -> None:
        super().__init__(*args, **more)
        self.kind, self.stored = kind, stored
        formats = DESTINATIONS[kind].formats
        self.fields["format"].choices = [  # type: ignore[attr-defined]
            (one.value, FORMAT_LABELS[one]) for one in formats
        ]
        for setting in DESTINATIONS[kind].settings:
            self.fields[setting.name] = _field(setting, stored)

    def clean_query(self) -> str:
        """The filter in its one spelling."""
        try:
            return queries.parse(self.cleaned_data["query"]).text
        except queries.QueryRefused as refused:
            raise forms.ValidationError(str(refused)) from None

    def clean(self) -> dict[str, Any]:
        """Addresses must be ones that a stream may lead to, and the rest sendable."""
        for setting in DESTINATIONS[self.kind].settings:
            value = self.cleaned_data.get(setting.name, "")
            try:
                demand_open(setting, value, before=self.stored or {})
            except Refused as refused:
                self.add_error(setting.name, str(refused))
            if not setting.fits(value):
                self.add_error(setting.name, str(setting.wrong))
        return self.cleaned_data

    def settings_fields(self) -> list[Any]:
        """The bound fields of the destination."""
        return [self[one.name] for one in DESTINATIONS[self.kind].settings]

    def asked(self) -> Asked:
        """What was asked for, once the form is valid."""
        found = self.cleaned_data
        settings = {
            one.name: found[one.name] for one in DESTINATIONS[self.kind].settings
        }
        return Asked(
            name=found["name"],
            format=Format(found["format"]),
            query=found["query"],
            settings=settings,
        )


class StartForm(forms.Form):
    """Which entries a new stream begins with."""

    start_at = forms.ChoiceField(
        label=_("Begin with"),
        choices=[
            (Start.NOW.value, _("what is recorded from now on")),
            (Start.BEGINNING.value, _("the first entry of the log")),
        ],
    )


class ReplayForm(forms.Form):
    """The entry that a replay begins with."""

    epoch = forms.IntegerField(label=_("Epoch"), min_value=1, max_value=2**31 - 1)
    index = forms.IntegerField(label=_("Entry"), min_value=0, max_value=2**62)


def _field(setting: Setting, stored: dict[str, str] | None) -> forms.Field:
    is_kept = setting.is_secret and bool(stored and stored.get(setting.name))
    common: dict[str, Any] = {
        "label": setting.label,
        "help_text": _KEPT if is_kept else setting.hint,
        "required": setting.is_required and not is_kept,
    }
    if stored and not setting.is_secret:
        common["initial"] = stored.get(setting.name, "")
    if setting.choices:
        return forms.ChoiceField(**common, choices=setting.choices)
    widget: forms.Widget = forms.TextInput({"autocomplete": "off"})
    if setting.is_long:
        widget = forms.Textarea({"rows": 4, "autocomplete": "off"})
    elif setting.is_secret and not setting.is_address:
        widget = forms.PasswordInput({"autocomplete": "off"})
    return forms.CharField(**common, max_length=_LONGEST, widget=widget)
