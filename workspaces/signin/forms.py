"""The forms of the ways in."""

from typing import Any

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
        return _folded(self.cleaned_data["email"])


class CodeForm(forms.Form):
    """The code that was mailed."""

    code = forms.CharField(
        label=_("Code from the mail"),
        max_length=20,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "one-time-code",
                "autocapitalize": "characters",
                "autofocus": True,
                "spellcheck": "false",
            }
        ),
    )


class BreakGlassForm(forms.Form):
    """Both steps of an emergency sign-in at once."""

    email = forms.CharField(
        label=_("Work e-mail"),
        max_length=addresses.LENGTH,
        widget=forms.EmailInput(
            attrs={"autocomplete": "username", "autofocus": True, "spellcheck": "false"}
        ),
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    code = forms.CharField(
        label=_("Code of your authenticator app, or a spare code"),
        max_length=20,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}
        ),
    )

    def clean_email(self) -> str:
        return _folded(self.cleaned_data["email"])


class SetUpCodeForm(forms.Form):
    """Who sets up break-glass, and the code that was mailed to them."""

    email = forms.CharField(
        label=_("Work e-mail"),
        max_length=addresses.LENGTH,
        widget=forms.EmailInput(attrs={"autocomplete": "username"}),
    )
    code = forms.CharField(
        label=_("Code from the mail"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def clean_email(self) -> str:
        return _folded(self.cleaned_data["email"])


class SetUpForm(SetUpCodeForm):
    """Password and second step, with what the first page already knew."""

    app_secret = forms.CharField(max_length=32, widget=forms.HiddenInput)
    password = forms.CharField(
        label=_("New password"),
        help_text=_("At least 14 characters."),
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label=_("New password again"),
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    app_code = forms.CharField(
        label=_("The six digits that the app shows now"),
        max_length=10,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("email", "code"):
            self.fields[name].widget = forms.HiddenInput()

    def clean_app_code(self) -> str:
        return "".join(self.cleaned_data["app_code"].split())

    def clean_again(self) -> str:
        again: str = self.cleaned_data["again"]
        if again != self.cleaned_data.get("password"):
            raise forms.ValidationError(_("The two passwords differ."))
        return again


class NetworksForm(forms.Form):
    """Two lists of networks, one a line."""

    portal = forms.CharField(
        label=_("People may use the portal from"),
        required=False,
        max_length=10_000,
        strip=False,  # lines are counted
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
    )
    api = forms.CharField(
        label=_("Keys may use the APIs from"),
        required=False,
        max_length=10_000,
        strip=False,  # lines are counted
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
    )
    means_it = forms.BooleanField(
        label=_("Save it although it locks me out"), required=False
    )


def _folded(text: str) -> str:
    try:
        return addresses.fold(text)
    except addresses.BadAddress as bad:
        raise forms.ValidationError(str(bad)) from None
