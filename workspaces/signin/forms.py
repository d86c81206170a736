"""The one field of the sign-in page."""

from django import forms
from django.utils.translation import gettext_lazy as _

from workspaces.members import addresses


class DiscoveryForm(forms.Form):
    """A work address; its domain tells where its person signs in."""

    email = forms.CharField(
        label=_("Work e-mail"),
        max_length=addresses.LENGTH,
        widget=forms.EmailInput(
            attrs={"autocomplete": "username", "autofocus": True, "spellcheck": "false"}
        ),
    )

    def clean_email(self) -> str:
        try:
            return addresses.fold(self.cleaned_data["email"])
        except addresses.BadAddress as bad:
            raise forms.ValidationError(str(bad)) from None
