"""The attribute names that are understood without any configuration."""

_CLAIMS = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims"

# Fields of a person, each with names in order of preference: ours, then those that
# Entra ID, ADFS, Okta, Google, Keycloak and OneLogin send by default.
DEFAULT_MAPPING: dict[str, list[str]] = {
    "email": [
        "email",
        "mail",
        "Email",
        "User.email",
        f"{_CLAIMS}/emailaddress",
        "urn:oid:0.9.2342.19200300.100.1.3",
        "urn:oid:1.2.840.113549.1.9.1",
    ],
    "first_name": [
        "first_name",
        "firstName",
        "givenName",
        "User.FirstName",
        f"{_CLAIMS}/givenname",
        "urn:oid:2.5.4.42",
    ],
    "last_name": [
        "last_name",
        "lastName",
        "sn",
        "surname",
        "User.LastName",
        f"{_CLAIMS}/surname",
        "urn:oid:2.5.4.4",
    ],
}
