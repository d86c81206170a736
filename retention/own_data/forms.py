"""Reads what a person asks of their own data."""

from django import forms
from django.utils.translation import gettext_lazy as _

from retention.policies.forms import PolicyForm


class FindForm(forms.Form):
    """Words of a title."""

    q = forms.CharField(
        label=_("Title contains"), required=False, max_length=200, strip=True
    )


class OwnRetentionForm(PolicyForm):
    """How long the person's own conversations are kept; the rest stays as it is."""

    # None takes a field away.
    undo_days = None  # type: ignore[assignment]
    reason = None  # type: ignore[assignment]
