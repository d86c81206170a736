"""The fields with which people change a draft or answer it."""

from django import forms
from django.utils.translation import gettext_lazy as _


class AnswerForm(forms.Form):
    """Why somebody declines or cancels."""

    reason = forms.CharField(
        label=_("Why, kept with the draft and in the audit log"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Say why, in a few words.")},
    )
