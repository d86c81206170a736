"""The fields of the pages on which an organization sets single sign-on up."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from workspaces.roles.matrix import LABELS, Role
from workspaces.signin import presets
from workspaces.signin.metadata import METADATA_MAX_BYTES
from workspaces.tenancy.models import Sso


class DomainForm(forms.Form):
    """A mail domain to claim."""

    domain = forms.CharField(
        label=_("Mail domain"),
        max_length=253,
        strip=True,
        help_text=_(
            "The part behind @, exactly: sub-domains are claimed on their own."
        ),
        widget=forms.TextInput(
            attrs={"spellcheck": "false", "placeholder": "halden.example"}
        ),
    )


class PresetForm(forms.Form):
    """Which product the identity provider is."""

    preset = forms.ChoiceField(
        label=_("Identity provider"),
        widget=forms.RadioSelect,
        choices=[(key, sheet.name) for key, sheet in presets.SHEETS.items()],
    )


class MetadataUrlForm(forms.Form):
    """Where the other side publishes its metadata."""

    url = forms.CharField(
        label=_("Address of the metadata"),
        max_length=1024,
        help_text=_("It begins with https:// and is read again every six hours."),
        widget=forms.TextInput(attrs={"spellcheck": "false", "inputmode": "url"}),
    )


class MetadataFileForm(forms.Form):
    """Metadata as a file."""

    file = forms.FileField(
        label=_("Metadata file"),
        help_text=_("XML, at most 1 MB."),
        widget=forms.ClearableFileInput(attrs={"accept": ".xml,text/xml"}),
    )

    def clean_file(self) -> bytes:
        """The bytes, of which none are kept that are too many."""
        found: bytes = self.cleaned_data["file"].read(METADATA_MAX_BYTES + 1)
        return found


class MetadataTextForm(forms.Form):
    """Metadata as pasted text."""

    text = forms.CharField(
        label=_("Metadata, pasted"),
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
    )

    def clean_text(self) -> bytes:
        """As it would stand in the file."""
        return str(self.cleaned_data["text"]).strip().encode()


class MetadataByHandForm(forms.Form):
    """The values of the other side, one by one."""

    entity_id = forms.CharField(
        label=_("Entity ID of the provider (issuer)"),
        max_length=1024,
        widget=forms.TextInput(attrs={"spellcheck": "false"}),
    )
    sso_url = forms.CharField(
        label=_("Sign-in address (SSO URL, binding Redirect)"),
        max_length=1024,
        widget=forms.TextInput(attrs={"spellcheck": "false", "inputmode": "url"}),
    )
    slo_url = forms.CharField(
        label=_("Sign-out address (SLO URL, binding Redirect)"),
        max_length=1024,
        required=False,
        widget=forms.TextInput(attrs={"spellcheck": "false", "inputmode": "url"}),
    )
    certificates = forms.CharField(
        label=_("Signing certificates"),
        max_length=100_000,
        help_text=_("PEM blocks one below the other, or one in base64."),
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
    )
    wants_signed_requests = forms.BooleanField(
        label=_("The provider wants signed requests"), required=False
    )


class AttributesForm(forms.Form):
    """Which attribute means what; several names a field, one a line."""

    email = forms.CharField(
        label=_("E-mail address"),
        max_length=4000,
        help_text=_("One name a line; the first that is sent counts."),
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
    )
    first_name = forms.CharField(
        label=_("First name"),
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
    )
    last_name = forms.CharField(
        label=_("Last name"),
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
    )
    groups_attribute = forms.CharField(
        label=_("Groups"),
        max_length=255,
        required=False,
        help_text=_("Only if groups shall decide about roles (below)."),
        widget=forms.TextInput(attrs={"spellcheck": "false"}),
    )
    name_id_format = forms.ChoiceField(
        label=_("Name identifier to ask for"),
        required=False,
        choices=list(presets.NAME_ID_FORMATS.items()),
    )
    allows_idp_initiated = forms.BooleanField(
        label=_("People may start at the provider's own page of apps"), required=False
    )
    publishes_encryption_key = forms.BooleanField(
        label=_("Offer our key, so that the provider encrypts what it sends"),
        required=False,
    )

    def clean_email(self) -> list[str]:
        return _names(self.cleaned_data["email"])

    def clean_first_name(self) -> list[str]:
        return _names(self.cleaned_data["first_name"])

    def clean_last_name(self) -> list[str]:
        return _names(self.cleaned_data["last_name"])


class ProvisioningForm(forms.Form):
    """Who becomes a member by signing in, and which groups give which role."""

    into = forms.ChoiceField(
        label=_("People of proven domains who are no member yet"), required=False
    )
    default_role = forms.ChoiceField(
        label=_("Their role"),
        choices=[(r.value, n) for r, n in LABELS.items() if r is not Role.OWNER],
    )
    rules = forms.CharField(
        label=_("Roles by group, one rule a line"),
        required=False,
        strip=False,
        max_length=60_000,
        help_text=_(
            "group | workspace | role, for example: Legal | %(slug)s | %(role)s"
        ),
        widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false"}),
    )
    may_grant_owner = forms.BooleanField(
        label=_("Groups may make and unmake workspace owners"), required=False
    )

    def __init__(self, *args: Any, places: Sequence[tuple[int, str, str]], **more: Any):
        super().__init__(*args, **more)
        self._places = {slug: pk for pk, slug, _name in places}
        into: Any = self.fields["into"]
        into.choices = [
            ("", _("are refused")),
            *((slug, _t("become a member of %s") % name) for _pk, slug, name in places),
        ]
        slug = places[0][1] if places else "workspace"
        rules = self.fields["rules"]
        rules.help_text = rules.help_text % {"slug": slug, "role": "compliance_officer"}

    def clean_into(self) -> int | None:
        """The id of the workspace."""
        return self._places.get(self.cleaned_data["into"])

    def clean_rules(self) -> list[tuple[str, int, str]]:
        """Value, workspace and role of each line, or which line is none."""
        found = []
        lines = str(self.cleaned_data["rules"]).splitlines()
        for number, text in enumerate(lines, start=1):
            if text.strip():
                found.append(self._rule(number, text))
        if len({one[:2] for one in found}) != len(found):
            raise forms.ValidationError(
                _t("A group has two roles in one workspace; leave one.")
            )
        return found

    def _rule(self, number: int, text: str) -> tuple[str, int, str]:
        parts = [part.strip() for part in text.split("|")]
        if len(parts) != 3 or not parts[0]:
            raise forms.ValidationError(
                _t("Line %d is no rule: write group | workspace | role.") % number
            )
        value, slug, role = parts
        if len(value) > 255:
            raise forms.ValidationError(
                _t("Line %d: a group has 255 characters at most.") % number
            )
        if slug not in self._places:
            raise forms.ValidationError(
                _t("Line %(n)d: this organization has no workspace “%(slug)s”.")
                % {"n": number, "slug": slug[:63]}
            )
        if role not in {one.value for one in Role}:
            raise forms.ValidationError(
                _t("Line %(n)d: “%(role)s” is no role; the roles are %(known)s.")
                % {
                    "n": number,
                    "role": role[:30],
                    "known": ", ".join(one.value for one in Role),
                }
            )
        return value, self._places[slug], role


class SsoForm(forms.Form):
    """What single sign-on is to one workspace."""

    workspace = forms.UUIDField()
    sso = forms.ChoiceField(choices=Sso.choices)


class FindAttemptForm(forms.Form):
    """The reference on the error page."""

    reference = forms.CharField(
        label=_("Reference on the error page"),
        required=False,
        max_length=16,
        strip=True,
        widget=forms.TextInput(attrs={"spellcheck": "false"}),
    )


def _names(text: str) -> list[str]:
    """The attribute names of a field, each once."""
    found = list(dict.fromkeys(line.strip() for line in text.splitlines()))
    names = [name for name in found if name]
    if any(len(name) > 255 for name in names) or len(names) > 10:
        raise forms.ValidationError(
            _t("At most 10 names fit here, of 255 characters at most.")
        )
    return names
