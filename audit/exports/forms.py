"""What somebody asks of an export."""

from django import forms
from django.utils.translation import gettext_lazy as _

from audit.exports.models import Form
from audit.query import rules
from audit.query.rules import QueryRefused


class ExportForm(forms.Form):
    """The form of the file, and which entries."""

    form = forms.ChoiceField(label=_("As"), choices=Form.choices)
    query = forms.CharField(
        label=_("Only entries that fit"),
        required=False,
        max_length=rules.LONGEST,
        help_text=_("Empty for all. As on the audit log: area:retention at>=-30d"),
    )

    def clean_query(self) -> str:
        """The one text of the query."""
        try:
            return rules.parse(self.cleaned_data["query"]).text
        except QueryRefused as refusal:
            raise forms.ValidationError(str(refusal)) from None
