"""Reads why a member leaves, and whose name was typed."""

from django import forms


class LeaveForm(forms.Form):
    """The reason, and for a removal the address of the member."""

    typed_name = forms.CharField(required=False, max_length=300, strip=True)
    reason = forms.CharField(required=False, max_length=1000, strip=True)
