"""What else an erasure takes along."""

from django import forms
from django.utils.translation import gettext_lazy as _


class LogForm(forms.Form):
    """Whether the person leaves the audit log and the rows of people as well."""

    from_log = forms.BooleanField(
        label=_("Erase the person as well, once nothing is stored"),
        required=False,
    )
