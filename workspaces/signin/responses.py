"""Decides whether a decoded answer is a valid assertion for one connection, right now.

Order: cheap structure first, then what is encrypted is opened and looked at the same
way, then python3-saml in strict mode (schema, signature by `signatures`), then our own
checks on the element whose signature held, because the library accepts missing or
near-miss values of most of these.
"""

import base64
from collections.abc import Mapping, Sequence
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from onelogin.saml2.errors import OneLogin_Saml2_ValidationError as LibraryRefusal
from onelogin.saml2.response import OneLogin_Saml2_Response
from onelogin.saml2.settings import OneLogin_Saml2_Settings

from kit import certificates
from workspaces.signin import compiled, opening, signatures
from workspaces.signin.assertions import (
    IdentityProvider,
    ServiceProvider,
    VerifiedAssertion,
)
from workspaces.signin.messages import Message
from workspaces.signin.reasons import Reason, SignInRefused

DRIFT = timedelta(seconds=60)
_LONGEST_LIFE = timedelta(hours=24)
_UNSOLICITED_AGE = timedelta(minutes=5)
NAME_ID_MAX = 255
_ID_MAX = 255
_VALUE_MAX = 254
_GROUP_MAX = 255
_SAML = "{urn:oasis:names:tc:SAML:2.0:assertion}"
_SAMLP = "{urn:oasis:names:tc:SAML:2.0:protocol}"
_BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
_TRANSIENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
_EMAIL_FORMAT = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"
_KNOWN_CONDITIONS = {
    f"{_SAML}{name}" for name in ("AudienceRestriction", "OneTimeUse")
} | {f"{_SAML}ProxyRestriction"}

_STATUS = "urn:oasis:names:tc:SAML:2.0:status:"
_STATUS_REASONS = {
    f"{_STATUS}AuthnFailed": Reason.IDP_FAILED,
    f"{_STATUS}UnknownPrincipal": Reason.IDP_FAILED,
    f"{_STATUS}NoPassive": Reason.IDP_NO_PASSIVE,
    f"{_STATUS}RequestDenied": Reason.IDP_DENIED,
    f"{_STATUS}InvalidNameIDPolicy": Reason.IDP_NAME_ID_POLICY,
    f"{_STATUS}NoAuthnContext": Reason.IDP_CONTEXT,
}
_LIBRARY_REASONS = {
    LibraryRefusal.STATUS_CODE_IS_NOT_SUCCESS: Reason.IDP_REFUSED,
    LibraryRefusal.NO_SIGNATURE_FOUND: Reason.UNSIGNED,
    LibraryRefusal.INVALID_SIGNATURE: Reason.SIGNATURE_WRONG,
    LibraryRefusal.DEPRECATED_SIGNATURE_METHOD: Reason.SIGNATURE_ALGORITHM,
    LibraryRefusal.DEPRECATED_DIGEST_METHOD: Reason.SIGNATURE_ALGORITHM,
    LibraryRefusal.WRONG_DESTINATION: Reason.DESTINATION,
    LibraryRefusal.EMPTY_DESTINATION: Reason.DESTINATION,
    LibraryRefusal.WRONG_AUDIENCE: Reason.AUDIENCE,
    LibraryRefusal.WRONG_ISSUER: Reason.ISSUER,
    LibraryRefusal.MISSING_CONDITIONS: Reason.CONDITIONS,
    LibraryRefusal.ASSERTION_EXPIRED: Reason.EXPIRED,
    LibraryRefusal.ASSERTION_TOO_EARLY: Reason.NOT_YET,
    LibraryRefusal.SESSION_EXPIRED: Reason.EXPIRED,
}


compiled.prepare()


class _Answer(OneLogin_Saml2_Response):  # type: ignore[misc]
    """The library's answer, with the assertion that we have opened ourselves."""

    def __init__(self, settings: Any, text: str, opened: Any) -> None:
        self._opened = opened
        super().__init__(settings, text)

    def _decrypt_assertion(self, xml: Any) -> Any:
        xml.replace(xml.find(opening.ENCRYPTED), deepcopy(self._opened))
        return xml


def is_encrypted(message: Message) -> bool:
    """Whether a key of ours is needed to read the answer."""
    return message.root.find(opening.ENCRYPTED) is not None


def verify(
    message: Message,
    *,
    sp: ServiceProvider,
    idp: IdentityProvider,
    mapping: Mapping[str, Sequence[str]],
    at: datetime,
    keys: Sequence[bytes] = (),
    may_be_unsolicited: bool = False,
    groups_attribute: str = "",
) -> VerifiedAssertion:
    """The verified values, or SignInRefused with the reason."""
    _demand_success(message.root)
    opening.demand_structure(message.root)
    opened = None
    if is_encrypted(message):
        opened = opening.opened(message.root, keys=keys, idp=idp)
    response, signers = _checked_by_library(message, opened, sp=sp, idp=idp, at=at)
    document = response.get_xml_document()
    assertion = response._query_assertion("")[0]
    _demand_addressed(document, sp=sp)
    _demand_conditions(assertion, sp=sp, at=at)
    confirmation = _bearer(assertion)
    if not _is_asked_for(confirmation, document):
        _demand_welcome(assertion, may_be_unsolicited=may_be_unsolicited, at=at)
    expires_at = _demand_confirmed(confirmation, sp=sp, at=at)
    attributes = _attributes(response, mapping)
    name_id = _name_id(assertion, sp=sp)
    statement = assertion.find(f"{_SAML}AuthnStatement")
    return VerifiedAssertion(
        response_id=_short(document.get("ID")),
        assertion_id=_short(assertion.get("ID")),
        request_id=confirmation.get("InResponseTo", ""),
        name_id=(name_id.text or "").strip(),
        name_id_format=_brief(name_id, "Format"),
        name_id_qualifier=_brief(name_id, "NameQualifier"),
        name_id_own_qualifier=_brief(name_id, "SPNameQualifier"),
        session_index=_brief(statement, "SessionIndex"),
        authenticated_at=moment(statement.get("AuthnInstant")),
        signed_by=signers,
        email=attributes.get("email") or _address_in(name_id),
        first_name=attributes.get("first_name", ""),
        last_name=attributes.get("last_name", ""),
        session_ends_at=moment(statement.get("SessionNotOnOrAfter")),
        expires_at=expires_at,
        groups=_groups(response, groups_attribute),
    )


def _demand_success(root: Any) -> None:
    """What the other side says went wrong, in words, before anything else."""
    top = root.find(f"{_SAMLP}Status/{_SAMLP}StatusCode")
    if top is None:
        raise SignInRefused(Reason.INVALID, received="no Status")
    if top.get("Value") == f"{_STATUS}Success":
        return
    inner = top.find(f"{_SAMLP}StatusCode")
    said = top.get("Value", "") if inner is None else inner.get("Value", "")
    raise SignInRefused(
        _STATUS_REASONS.get(said, Reason.IDP_REFUSED), received=said[len(_STATUS) :]
    )


def _checked_by_library(
    message: Message,
    opened: Any,
    *,
    sp: ServiceProvider,
    idp: IdentityProvider,
    at: datetime,
) -> tuple[Any, tuple[str, ...]]:
    url = urlsplit(sp.acs_url)
    request = {
        "https": "on" if url.scheme == "https" else "off",
        "http_host": url.netloc,
        "script_name": "",
        "path_info": url.path,
    }
    text = base64.b64encode(message.data).decode("ascii")
    with signatures.examining(at) as examination:
        try:
            response = _Answer(_library_settings(sp, idp), text, opened)
            response.is_valid(request, raise_exceptions=True)
        except LibraryRefusal as refusal:
            reason = _LIBRARY_REASONS.get(refusal.code, Reason.INVALID)
            raise SignInRefused(reason, received=str(refusal)) from None
        except SignInRefused:
            raise
        except Exception as error:  # noqa: BLE001 -- hostile input, any library error
            raise SignInRefused(Reason.INVALID, received=type(error).__name__) from None
    signers = {certificates.fingerprint(one) for one in examination.signers}
    return response, tuple(sorted(signers))


@lru_cache(maxsize=256)
def _library_settings(sp: ServiceProvider, idp: IdentityProvider) -> Any:
    return OneLogin_Saml2_Settings(
        {
            "strict": True,
            "sp": {
                "entityId": sp.entity_id,
                "assertionConsumerService": {"url": sp.acs_url},
            },
            "idp": {
                "entityId": idp.entity_id,
                "singleSignOnService": {"url": idp.sso_url},
                "x509certMulti": {"signing": list(idp.certificates)},
            },
            "security": {
                "rejectDeprecatedAlgorithm": True,
                "requestedAuthnContext": False,
                "wantAttributeStatement": False,
                "allowRepeatAttributeName": True,
                "allowSingleLabelDomains": True,
            },
        }
    )


def _demand_addressed(document: Any, *, sp: ServiceProvider) -> None:
    destination = document.get("Destination")
    if destination != sp.acs_url:
        raise SignInRefused(
            Reason.DESTINATION, expected=sp.acs_url, received=destination or ""
        )


def _demand_conditions(assertion: Any, *, sp: ServiceProvider, at: datetime) -> None:
    (conditions,) = assertion.findall(f"{_SAML}Conditions")
    for condition in conditions:
        if condition.tag not in _KNOWN_CONDITIONS:
            raise SignInRefused(Reason.CONDITIONS, received=str(condition.tag))
    restrictions = conditions.findall(f"{_SAML}AudienceRestriction")
    for restriction in restrictions:
        named = [node.text for node in restriction.findall(f"{_SAML}Audience")]
        if sp.entity_id not in named:
            raise SignInRefused(
                Reason.AUDIENCE,
                expected=sp.entity_id,
                received=", ".join(str(name) for name in named),
            )
    if not restrictions:
        raise SignInRefused(Reason.AUDIENCE, expected=sp.entity_id)
    _demand_window(conditions, at=at)
    issued_at = moment(assertion.get("IssueInstant"))
    if issued_at is None or issued_at > at + DRIFT:
        raise SignInRefused(Reason.NOT_YET)


def _demand_window(conditions: Any, *, at: datetime) -> None:
    begins_at = moment(conditions.get("NotBefore"))
    ends_at = moment(conditions.get("NotOnOrAfter"))
    if begins_at is not None and begins_at > at + DRIFT:
        raise SignInRefused(Reason.NOT_YET)
    if ends_at is not None and ends_at <= at - DRIFT:
        raise SignInRefused(Reason.EXPIRED)


def _bearer(assertion: Any) -> Any:
    """The data of the one bearer confirmation of the one subject."""
    subjects = assertion.findall(f"{_SAML}Subject")
    if len(subjects) != 1:
        raise SignInRefused(Reason.SUBJECT)
    bearers = [
        node
        for node in subjects[0].findall(f"{_SAML}SubjectConfirmation")
        if node.get("Method") == _BEARER
    ]
    data = [node.find(f"{_SAML}SubjectConfirmationData") for node in bearers]
    if len(data) != 1 or data[0] is None:
        raise SignInRefused(Reason.SUBJECT)
    return data[0]


def _is_asked_for(confirmation: Any, document: Any) -> bool:
    """Whether a request is named: by both the signed confirmation and the answer.

    The answer around it need not be signed, so what it says alone counts for nothing.
    """
    named = confirmation.get("InResponseTo"), document.get("InResponseTo")
    if named == (None, None):
        return False
    if not named[0] or named[0] != named[1]:
        raise SignInRefused(Reason.IN_RESPONSE_TO)
    return True


def _demand_welcome(assertion: Any, *, may_be_unsolicited: bool, at: datetime) -> None:
    """Where answers without a request are let in at all, only fresh ones are."""
    if not may_be_unsolicited:
        raise SignInRefused(Reason.UNSOLICITED)
    issued_at = moment(assertion.get("IssueInstant"))
    if issued_at is None or issued_at < at - _UNSOLICITED_AGE:
        raise SignInRefused(Reason.EXPIRED)


def _demand_confirmed(
    confirmation: Any, *, sp: ServiceProvider, at: datetime
) -> datetime:
    recipient = confirmation.get("Recipient")
    if recipient != sp.acs_url:
        raise SignInRefused(
            Reason.RECIPIENT, expected=sp.acs_url, received=recipient or ""
        )
    if confirmation.get("NotBefore") is not None:
        raise SignInRefused(Reason.NOT_BEFORE)
    ends_at = moment(confirmation.get("NotOnOrAfter"))
    if ends_at is None:
        raise SignInRefused(Reason.NO_END)
    if ends_at <= at:
        raise SignInRefused(Reason.EXPIRED)
    if ends_at > at + _LONGEST_LIFE:
        raise SignInRefused(Reason.LIVES_TOO_LONG)
    return ends_at


def _name_id(assertion: Any, *, sp: ServiceProvider) -> Any:
    name_id = assertion.find(f"{_SAML}Subject/{_SAML}NameID")
    text = "" if name_id is None else (name_id.text or "").strip()
    if not text or not text.isprintable():
        raise SignInRefused(Reason.NAME_ID)
    if len(text) > NAME_ID_MAX:
        raise SignInRefused(Reason.TOO_LONG, expected=f"NameID ≤ {NAME_ID_MAX}")
    if name_id.get("Format") == _TRANSIENT:
        raise SignInRefused(Reason.NAME_ID_TRANSIENT)
    if name_id.get("SPNameQualifier", sp.entity_id) != sp.entity_id:
        raise SignInRefused(
            Reason.NAME_ID,
            expected=sp.entity_id,
            received=name_id.get("SPNameQualifier"),
        )
    return name_id


def _address_in(name_id: Any) -> str:
    is_address = name_id.get("Format") == _EMAIL_FORMAT
    return (name_id.text or "").strip() if is_address else ""


def _attributes(response: Any, mapping: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """The mapped fields only; what is not mapped is never kept."""
    received = response.get_attributes()
    found: dict[str, str] = {}
    for field, names in mapping.items():
        value = next((received[n][0] for n in names if received.get(n)), "")
        if not isinstance(value, str) or len(value) > _VALUE_MAX:
            raise SignInRefused(Reason.TOO_LONG, expected=f"{field} ≤ {_VALUE_MAX}")
        found[field] = "".join(c for c in value if c.isprintable())
    return found


def _groups(response: Any, name: str) -> tuple[str, ...] | None:
    """The values that rules may name; longer ones fit no rule."""
    received = response.get_attributes().get(name) if name else None
    if received is None:
        return None
    # A value that holds elements comes as something else than text.
    texts = (one for one in received if isinstance(one, str))
    return tuple(one for one in texts if one and len(one) <= _GROUP_MAX)


def _brief(node: Any, name: str) -> str:
    """An attribute that may be absent, and is kept."""
    value: str = node.get(name, "")
    if len(value) > _ID_MAX:
        raise SignInRefused(Reason.TOO_LONG, expected=f"{name} ≤ {_ID_MAX}")
    return value


def _short(identity: str | None) -> str:
    if not identity or len(identity) > _ID_MAX:
        raise SignInRefused(Reason.TOO_LONG, expected=f"ID ≤ {_ID_MAX}")
    return identity


def moment(text: str | None) -> datetime | None:
    """A SAML time, which is always UTC; what cannot be read is refused."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):  # the first day of all, seen from the east
        raise SignInRefused(Reason.INVALID, received=text) from None
