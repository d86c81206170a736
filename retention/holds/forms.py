"""Reads what a hold shall cover, one address or id a line."""

from collections.abc import Iterable
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

_MOST_LINES = 500


class HoldForm(forms.Form):
    """The matter, members by address, conversations by id."""

    matter = forms.CharField(
        label=_("Matter"),
        max_length=500,
        strip=True,
        help_text=_("Who may see holds reads it; it is stored sealed."),
        error_messages={"required": _("Name the matter.")},
    )
    members = forms.CharField(
        label=_("Members, one address a line"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
        help_text=_("All they own is covered, now and later, also what they delete."),
    )
    conversations = forms.CharField(
        label=_("Conversations, one id a line"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text=_("The id stands on the page of each conversation."),
    )

    def clean_members(self) -> list[str]:
        """The addresses, each once."""
        return _lines(self.cleaned_data["members"])

    def clean_conversations(self) -> list[UUID]:
        """The ids, or which line is none."""
        found = []
        for line in _lines(self.cleaned_data["conversations"]):
            try:
                found.append(UUID(line))
            except ValueError:
                raise forms.ValidationError(
                    _t("“%s” is no id of a conversation.") % line
                ) from None
        return found


class ReleaseForm(forms.Form):
    """The matter typed again, and the reason."""

    typed_name = forms.CharField(required=False, max_length=500)
    reason = forms.CharField(required=False, max_length=1000, strip=True)


def _lines(text: str) -> list[str]:
    lines: Iterable[str] = (line.strip().strip(",;") for line in text.splitlines())
    found = list(dict.fromkeys(line.lower() for line in lines if line))
    if len(found) > _MOST_LINES:
        raise forms.ValidationError(_t("At most %s lines fit here.") % _MOST_LINES)
    return found
