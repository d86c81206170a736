"""The checkpoint that somebody kept of this log, as they paste it."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from audit.integrity.seen import Seen
from audit.log import checkpoints, note
from audit.log.note import Checkpoint, NoteRefused
from audit.log.selectors import Log


class HeadForm(forms.Form):
    """Valid where this log signed it."""

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
            found = note.said(text)
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
