"""A head to compare with, for how many days details are kept, and entries."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from audit.expiry.rules import LONGEST_DAYS, SHORTEST_DAYS
from audit.integrity.seen import Seen
from audit.log import checkpoints, note
from audit.log.note import Checkpoint, NoteRefused
from audit.log.selectors import Log

EVER = "ever"
_YEARS = [
    (EVER, _("For ever")),
    ("365", _("1 year")),
    ("730", _("2 years")),
    ("1095", _("3 years")),
    ("1826", _("5 years")),
    ("2557", _("7 years")),
    ("3652", _("10 years")),
    ("7305", _("20 years")),
]


class HeadForm(forms.Form):
    """A checkpoint that somebody kept; valid where this log signed it."""

    checkpoint = forms.CharField(
        label=_("Signed checkpoint"),
        max_length=4_000,
        strip=False,
        widget=forms.Textarea({"rows": 6, "spellcheck": "false"}),
        help_text=_("All of it, from the name of the log to the signatures."),
    )

    def __init__(self, *args: Any, log: Log, **named: Any) -> None:
        super().__init__(*args, **named)
        self._log = log

    def clean_checkpoint(self) -> Checkpoint:
        """What it says."""
        # Browsers send lines as forms do, and copying loses the last line's end.
        text = self.cleaned_data["checkpoint"].replace("\r\n", "\n").strip() + "\n"
        try:
            found = Checkpoint.parse(text.partition("\n\n")[0] + "\n")
            is_named = found.origin == self._log.named(found.epoch)
        except NoteRefused:
            raise forms.ValidationError(
                _("This is no whole checkpoint. Copy it anew from where you keep it.")
            ) from None
        if not is_named:
            raise forms.ValidationError(
                _("This is the head of another log: %s.") % found.origin
            )
        try:
            return note.opened(text, keys=checkpoints.keys_of(self._log.uuid))
        except NoteRefused:
            raise forms.ValidationError(
                _(
                    "No key of this log signed this. If you trust where you kept it,"
                    " compare the keys below as well, and ask the operator."
                )
            ) from None

    @property
    def head(self) -> Seen:
        """The head of a valid form."""
        found = self.cleaned_data["checkpoint"]
        return Seen(epoch=found.epoch, size=found.size, root=found.root)


class DaysForm(forms.Form):
    """One number; the next page says what it takes before anything changes."""

    days = forms.IntegerField(
        label=_("Keep details for this many days"),
        min_value=SHORTEST_DAYS,
        max_value=LONGEST_DAYS,
        help_text=_("90 days to 7 years (2,557 days)."),
    )


class YearsForm(forms.Form):
    """One choice; the next page says what it takes before anything changes."""

    days = forms.ChoiceField(label=_("Keep entries"), choices=_YEARS)

    @property
    def chosen(self) -> int | None:
        """The days of a valid form; None for ever."""
        days = self.cleaned_data["days"]
        return None if days == EVER else int(days)


def years(days: int | None) -> str:
    """A number of days as the choice says it, or in days."""
    words = dict(_YEARS)
    known = words.get(EVER if days is None else str(days))
    return str(known) if known else str(_("%d days") % (days or 0))
