"""What the known identity providers call things, and what they send by default.

The wizard fills its fields from this table; everything stays editable.
"""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise

PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
EMAIL = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"
UNSPECIFIED = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified"
_CLAIMS = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims"


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """One product: its words for our values, and the attributes it sends."""

    name: Text
    where: Text
    entity_id: Text
    acs_url: Text
    sls_url: Text
    metadata: Text
    audience_place: Text
    name_id_format: str
    email: str
    first_name: str
    last_name: str
    groups: str
    note: Text = ""


_ENTRA = Sheet(
    name="Microsoft Entra ID",
    where=_("Enterprise applications, New application, Single sign-on, SAML"),
    entity_id=_("Identifier (Entity ID)"),
    acs_url=_("Reply URL (Assertion Consumer Service URL)"),
    sls_url=_("Logout Url"),
    metadata=_("Copy the “App Federation Metadata Url” under SAML Certificates."),
    audience_place=_("Basic SAML Configuration, Identifier (Entity ID)"),
    name_id_format=PERSISTENT,
    email=f"{_CLAIMS}/emailaddress",
    first_name=f"{_CLAIMS}/givenname",
    last_name=f"{_CLAIMS}/surname",
    groups="http://schemas.microsoft.com/ws/2008/06/identity/claims/groups",
    note=_(
        "By default the name identifier is the user principal name, which changes when "
        "somebody marries. Under Attributes & Claims set it to user.objectid, format "
        "Persistent."
    ),
)
_OKTA = Sheet(
    name="Okta",
    where=_("Applications, Create App Integration, SAML 2.0"),
    entity_id=_("Audience URI (SP Entity ID)"),
    acs_url=_("Single sign-on URL"),
    sls_url=_("Single Logout URL"),
    metadata=_("Copy the Metadata URL on the Sign On tab of the application."),
    audience_place=_("Applications, Custos, General, SAML settings, Audience URI"),
    name_id_format=PERSISTENT,
    email="email",
    first_name="firstName",
    last_name="lastName",
    groups="groups",
    note=_(
        "Okta sends no attribute until you list it: under Attribute Statements add "
        "email (user.email), firstName (user.firstName) and lastName (user.lastName)."
    ),
)
_GOOGLE = Sheet(
    name="Google Workspace",
    where=_("Admin console, Apps, Web and mobile apps, Add custom SAML app"),
    entity_id=_("Entity ID"),
    acs_url=_("ACS URL"),
    sls_url=_("Google offers none"),
    metadata=_("Google gives a file: press “Download metadata” and upload it here."),
    audience_place=_("Service provider details, Entity ID"),
    name_id_format=EMAIL,
    email="email",
    first_name="firstName",
    last_name="lastName",
    groups="groups",
    note=_(
        "Under Attribute mapping add Primary email as email, First name as firstName, "
        "Last name as lastName, and switch the app on for your people: until then "
        "Google shows a page of its own."
    ),
)
_ADFS = Sheet(
    name="AD FS",
    where=_("AD FS Management, Relying Party Trusts, Add Relying Party Trust"),
    entity_id=_("Relying party trust identifier"),
    acs_url=_("Endpoints, SAML Assertion Consumer, binding POST"),
    sls_url=_("Endpoints, SAML Logout, binding Redirect"),
    metadata=_(
        "The address ends in /FederationMetadata/2007-06/FederationMetadata.xml; if "
        "this portal cannot reach it, open it and upload the file."
    ),
    audience_place=_("Relying Party Trust, Properties, Identifiers"),
    name_id_format=PERSISTENT,
    email=f"{_CLAIMS}/emailaddress",
    first_name=f"{_CLAIMS}/givenname",
    last_name=f"{_CLAIMS}/surname",
    groups="http://schemas.xmlsoap.org/claims/Group",
    note=_(
        "Write claim rules that send the e-mail address, given name and surname from "
        "Active Directory, and one that turns an unchanging value into a Name ID."
    ),
)
_KEYCLOAK = Sheet(
    name="Keycloak",
    where=_("Clients, Import client with our XML file, or Create client of type SAML"),
    entity_id=_("Client ID"),
    acs_url=_("Assertion Consumer Service POST Binding URL"),
    sls_url=_("Logout Service Redirect Binding URL"),
    metadata=_("Realm settings, General, SAML 2.0 Identity Provider Metadata."),
    audience_place=_("Clients, Settings, Client ID"),
    name_id_format=PERSISTENT,
    email="email",
    first_name="firstName",
    last_name="lastName",
    groups="groups",
    note=_(
        "Under Client scopes add mappers for email, firstName and lastName. That "
        "Keycloak repeats Role is no problem here."
    ),
)
_ONELOGIN = Sheet(
    name="OneLogin",
    where=_("Applications, Add App, SAML Custom Connector (Advanced)"),
    entity_id=_("Audience (EntityID)"),
    acs_url=_("ACS (Consumer) URL, and as a pattern in ACS (Consumer) URL Validator"),
    sls_url=_("Single Logout URL"),
    metadata=_("More Actions, SAML Metadata gives a file; SSO shows the Issuer URL."),
    audience_place=_("Configuration, Audience (EntityID)"),
    name_id_format=EMAIL,
    email="User.email",
    first_name="User.FirstName",
    last_name="User.LastName",
    groups="memberOf",
    note=_("On the Parameters tab tick “Include in SAML assertion” for each field."),
)
_OTHER = Sheet(
    name=_("Another provider"),
    where=_("the page where you register a service provider, or relying party"),
    entity_id=_("Entity ID, Audience, or Identifier"),
    acs_url=_("Assertion Consumer Service URL, or Reply URL (binding POST)"),
    sls_url=_("Single Logout URL (binding Redirect)"),
    metadata=_("Look for “metadata”: an address, or a file to download."),
    audience_place=_("the field for the audience, or entity ID, of this portal"),
    name_id_format=PERSISTENT,
    email="email",
    first_name="first_name",
    last_name="last_name",
    groups="groups",
)

SHEETS: dict[str, Sheet] = {
    "entra": _ENTRA,
    "okta": _OKTA,
    "google": _GOOGLE,
    "adfs": _ADFS,
    "keycloak": _KEYCLOAK,
    "onelogin": _ONELOGIN,
    "other": _OTHER,
}
NAME_ID_FORMATS: dict[str, Text] = {
    "": _("Whatever the provider sends"),
    PERSISTENT: _("Persistent: an identifier that never changes"),
    EMAIL: _("E-mail address"),
    UNSPECIFIED: _("Unspecified"),
}
