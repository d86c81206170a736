"""Lays an answer out as a list of checks, each with what was expected and received.

It decides nothing: whether an answer is good is said by `responses.verify` alone, whose
refusal is given here and always wins. What stands in an answer that was refused is
shown as received, so that an administrator can put everything right in one go.
"""

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from workspaces.signin.assertions import IdentityProvider, ServiceProvider
from workspaces.signin.reasons import EXPLANATIONS, Reason, SignInRefused

_SAML = "{urn:oasis:names:tc:SAML:2.0:assertion}"
_SAMLP = "{urn:oasis:names:tc:SAML:2.0:protocol}"
_DS = "{http://www.w3.org/2000/09/xmldsig#}"
_STATUS = "urn:oasis:names:tc:SAML:2.0:status:"
_BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
_CUT = 300
_ATTRIBUTES_MAX = 60
_VALUES_MAX = 5
_DRIFT_SECONDS = 60


class Result(StrEnum):
    """How one check ended."""

    PASSED = "passed"
    FAILED = "failed"
    INCOMPLETE = "incomplete"
    NOT_REACHED = "not_reached"


@dataclass(frozen=True, kw_only=True)
class Check:
    """One line of the list."""

    code: str
    label: str | Promise
    expected: str
    received: str
    result: Result
    sentence: str = ""


@dataclass(frozen=True, kw_only=True)
class Attribute:
    """One attribute that the provider sent, and the field it was taken for."""

    name: str
    values: tuple[str, ...]
    field: str = ""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What is looked at, and by which settings; `assertion` is the one opened."""

    root: Any
    assertion: Any
    sp: ServiceProvider
    idp: IdentityProvider
    request_id: str
    at: datetime


LABELS: dict[str, str | Promise] = {
    "status": _lazy("Answer of the provider"),
    "form": _lazy("Form of the message"),
    "signature": _lazy("Signature"),
    "algorithm": _lazy("Signature algorithm"),
    "encryption": _lazy("Encryption"),
    "issuer": _lazy("Issuer"),
    "destination": _lazy("Destination"),
    "recipient": _lazy("Recipient"),
    "audience": _lazy("Audience"),
    "request": _lazy("Answers our request"),
    "times": _lazy("Valid now"),
    "clock": _lazy("Clock difference"),
    "name_id": _lazy("Name identifier (NameID)"),
    "used": _lazy("Used for the first time"),
    "address": _lazy("E-mail address"),
    "domain": _lazy("E-mail in a proven domain"),
    "names": _lazy("Name"),
    "person": _lazy("Who it would be"),
    "certificate": _lazy("Certificate"),
}
_BY_REASON: dict[str, str] = {
    Reason.IDP_REFUSED: "status",
    Reason.UNREADABLE: "encryption",
    Reason.UNSIGNED: "signature",
    Reason.SIGNATURE_FORM: "signature",
    Reason.SIGNATURE_WRONG: "signature",
    Reason.SIGNATURE_ALGORITHM: "algorithm",
    Reason.ISSUER: "issuer",
    Reason.DESTINATION: "destination",
    Reason.RECIPIENT: "recipient",
    Reason.AUDIENCE: "audience",
    Reason.IN_RESPONSE_TO: "request",
    Reason.UNSOLICITED: "request",
    Reason.NO_END: "times",
    Reason.NOT_BEFORE: "times",
    Reason.EXPIRED: "times",
    Reason.NOT_YET: "times",
    Reason.LIVES_TOO_LONG: "times",
    Reason.NAME_ID: "name_id",
    Reason.NAME_ID_TRANSIENT: "name_id",
    Reason.REPLAYED: "used",
    Reason.ADDRESS_MISSING: "address",
    Reason.ADDRESS_FORM: "address",
    Reason.DOMAIN_NOT_PROVEN: "domain",
    Reason.NOT_A_MEMBER: "person",
    Reason.IDENTITY_DIFFERS: "person",
    Reason.ACCOUNT_CLOSED: "person",
}
# Lines that only who knows the organization can write.
_OF_THE_PERSON = {"address", "domain", "names", "person", "certificate"}
# The provider's own words for a refusal all belong to one line.
_PREFIXES = {"idp_": "status", "encrypt": "encryption"}


def checks(answer: Answer, *, refusal: SignInRefused | None) -> list[Check]:
    """The message's own checks; those of the person come from who knows people."""
    found = [one(answer) for one in _ALL]
    if refusal is None:
        return found
    code = code_of(refusal.reason)
    if code == "form" and any(one.result is Result.FAILED for one in found):
        return found  # the general "not valid" has a line that says more
    if code not in {one.code for one in found} | _OF_THE_PERSON:
        found.append(
            line(code, expected=_("yes"), received="", result=Result.NOT_REACHED)
        )
    return [_refused(one, refusal) if one.code == code else one for one in found]


def code_of(reason: Reason) -> str:
    """The line of the list to which a refusal belongs."""
    named = _BY_REASON.get(reason)
    if named is None:
        starts = (c for p, c in _PREFIXES.items() if reason.value.startswith(p))
        named = next(starts, "form")
    return named


def compared(code: str, *, expected: str, received: str) -> Check:
    """A check that two values are the same."""
    result = Result.PASSED if expected == received else Result.FAILED
    return line(code, expected=expected, received=received, result=result)


def line(code: str, *, expected: str, received: str, result: Result) -> Check:
    """One check by its code."""
    return Check(
        code=code,
        label=LABELS[code],
        expected=expected[:_CUT],
        received=received[:_CUT],
        result=result,
    )


def attributes(
    assertion: Any, *, mapping: Mapping[str, Sequence[str]], groups: str
) -> list[Attribute]:
    """What the provider sent about the person, and what became of it."""
    if assertion is None:
        return []
    fields = {
        name: field for field, names in mapping.items() for name in reversed(names)
    }
    if groups:
        fields[groups] = "groups"
    found = []
    for node in list(assertion.iter(f"{_SAML}Attribute"))[:_ATTRIBUTES_MAX]:
        values = [
            "".join(one.itertext()).strip()[:_CUT]
            for one in node.findall(f"{_SAML}AttributeValue")
        ]
        name = (node.get("Name") or "")[:_CUT]
        found.append(
            Attribute(
                name=name,
                values=tuple(values[:_VALUES_MAX]),
                field=fields.get(name, ""),
            )
        )
    return found


def value_of(
    found: Sequence[Attribute], *, field: str, mapping: Mapping[str, Sequence[str]]
) -> str:
    """What a field would get, by the first of its names that was sent."""
    sent = {one.name: one.values for one in found if one.values}
    names = mapping.get(field, ())
    return next((sent[name][0] for name in names if name in sent), "")


def fingerprint(text: str) -> str:
    """SHA-256 of a certificate as metadata writes it; empty where it is none."""
    try:
        return sha256(base64.b64decode("".join(text.split()))).hexdigest()
    except (binascii.Error, ValueError):
        return ""


def short(print_: str) -> str:
    """A fingerprint that fits a line: its ends, in pairs."""
    pairs = [print_[n : n + 2].upper() for n in range(0, len(print_), 2)]
    return f"{':'.join(pairs[:2])} … {':'.join(pairs[-2:])}" if pairs else ""


def _refused(check: Check, refusal: SignInRefused) -> Check:
    is_told = bool(refusal.expected or refusal.received)
    keeps = check.result is Result.FAILED or not is_told
    return replace(
        check,
        result=Result.FAILED,
        expected=check.expected if keeps else (refusal.expected or check.expected),
        received=check.received if keeps else refusal.received,
        sentence=str(EXPLANATIONS[refusal.reason].sentence),
    )


def _status(answer: Answer) -> Check:
    nodes = answer.root.findall(f"{_SAMLP}Status//{_SAMLP}StatusCode")
    said = [str(node.get("Value", "")).removeprefix(_STATUS) for node in nodes]
    return compared("status", expected="Success", received=", ".join(said))


def _form(answer: Answer) -> Check:  # noqa: ARG001
    plain = _("one signed assertion, nothing that is not allowed")
    return line("form", expected=plain, received=plain, result=Result.PASSED)


def _signature(answer: Answer) -> Check:
    known = [fingerprint(text) for text in answer.idp.certificates]
    places = []
    if answer.root.find(f"{_DS}Signature") is not None:
        places.append(_("response"))
    if answer.assertion is not None and (
        answer.assertion.find(f"{_DS}Signature") is not None
    ):
        places.append(_("assertion"))
    shown = {fingerprint(text) for text in _certificates(answer)} - {""}
    words = " + ".join(places) or _("no signature")
    if shown:
        words = f"{words}: {', '.join(short(one) for one in sorted(shown))}"
    fits = bool(places) and (not shown or bool(shown & set(known)))
    return line(
        "signature",
        expected=_("by %s") % ", ".join(short(one) for one in known),
        received=words,
        result=Result.PASSED if fits else Result.FAILED,
    )


def _algorithm(answer: Answer) -> Check:
    used = {
        str(node.get("Algorithm", "")).rpartition("#")[2]
        for part in _parts(answer)
        for node in part.iter(f"{_DS}SignatureMethod", f"{_DS}DigestMethod")
    }
    weak = {"rsa-sha1", "sha1", "rsa-md5", "md5", "dsa-sha1", "hmac-sha1"}
    if not used:
        result = Result.NOT_REACHED
    else:
        result = Result.FAILED if used & weak else Result.PASSED
    return line(
        "algorithm",
        expected=_("RSA or ECDSA with SHA-256, 384 or 512"),
        received=", ".join(sorted(used)),
        result=result,
    )


def _encryption(answer: Answer) -> Check:
    is_sealed = answer.root.find(f"{_SAML}EncryptedAssertion") is not None
    words = _("encrypted") if is_sealed else _("not encrypted")
    opened = not is_sealed or answer.assertion is not None
    return line(
        "encryption",
        expected=_("readable"),
        received=words,
        result=Result.PASSED if opened else Result.FAILED,
    )


def _issuer(answer: Answer) -> Check:
    part = answer.assertion if answer.assertion is not None else answer.root
    return compared(
        "issuer",
        expected=answer.idp.entity_id,
        received=(part.findtext(f"{_SAML}Issuer") or "").strip(),
    )


def _destination(answer: Answer) -> Check:
    return compared(
        "destination",
        expected=answer.sp.acs_url,
        received=answer.root.get("Destination") or "",
    )


def _recipient(answer: Answer) -> Check:
    if answer.assertion is None:
        return _unreached("recipient", expected=answer.sp.acs_url)
    return compared(
        "recipient",
        expected=answer.sp.acs_url,
        received=_confirmation(answer).get("Recipient") or "",
    )


def _audience(answer: Answer) -> Check:
    expected = answer.sp.entity_id
    if answer.assertion is None:
        return _unreached("audience", expected=expected)
    named = [node.text or "" for node in answer.assertion.iter(f"{_SAML}Audience")]
    received = expected if expected in named else ", ".join(named)
    return compared("audience", expected=expected, received=received)


def _request(answer: Answer) -> Check:
    if answer.assertion is None:
        return _unreached("request", expected=answer.request_id)
    return compared(
        "request",
        expected=answer.request_id,
        received=_confirmation(answer).get("InResponseTo") or "",
    )


def _times(answer: Answer) -> Check:
    expected = _("a window around %s") % _clock_words(answer.at)
    if answer.assertion is None:
        return _unreached("times", expected=expected)
    conditions = answer.assertion.find(f"{_SAML}Conditions")
    begins = None if conditions is None else conditions.get("NotBefore")
    ends = _confirmation(answer).get("NotOnOrAfter")
    begins_at, ends_at = _time(begins), _time(ends)
    drift = timedelta(seconds=_DRIFT_SECONDS)
    fits = (
        ends_at is not None
        and ends_at > answer.at
        and (begins_at is None or begins_at <= answer.at + drift)
    )
    return line(
        "times",
        expected=expected,
        received=_("%(begin)s to %(end)s")
        % {
            "begin": _clock_words(begins_at) if begins_at else "-",
            "end": _clock_words(ends_at) if ends_at else "-",
        },
        result=Result.PASSED if fits else Result.FAILED,
    )


def _clock(answer: Answer) -> Check:
    expected = _("%d s at most") % _DRIFT_SECONDS
    issued_at = _time(answer.root.get("IssueInstant"))
    if issued_at is None:
        return _unreached("clock", expected=expected)
    seconds = round((issued_at - answer.at).total_seconds())
    late = seconds > _DRIFT_SECONDS
    # An answer may rest before it is sent; only a clock ahead of ours is a fault.
    return line(
        "clock",
        expected=expected,
        received=_("%d s") % seconds,
        result=Result.FAILED if late else Result.PASSED,
    )


def _name_id(answer: Answer) -> Check:
    expected = _("one that stays the same")
    if answer.assertion is None:
        return _unreached("name_id", expected=expected)
    node = answer.assertion.find(f"{_SAML}Subject/{_SAML}NameID")
    text = "" if node is None else (node.text or "").strip()
    form = "" if node is None else str(node.get("Format", "")).rpartition(":")[2]
    is_good = bool(text) and form != "transient"
    return line(
        "name_id",
        expected=expected,
        received=f"{text[:100]} ({form or _('no format')})" if text else "",
        result=Result.PASSED if is_good else Result.FAILED,
    )


_ALL: tuple[Callable[[Answer], Check], ...] = (
    _status,
    _form,
    _encryption,
    _signature,
    _algorithm,
    _issuer,
    _destination,
    _recipient,
    _audience,
    _request,
    _times,
    _clock,
    _name_id,
)


def _unreached(code: str, *, expected: str) -> Check:
    return line(code, expected=expected, received="", result=Result.NOT_REACHED)


def _parts(answer: Answer) -> list[Any]:
    return [one for one in (answer.root, answer.assertion) if one is not None]


def _certificates(answer: Answer) -> list[str]:
    return [
        node.text or ""
        for part in _parts(answer)
        for node in part.iter(f"{_DS}X509Certificate")
    ]


def _confirmation(answer: Answer) -> Mapping[str, str]:
    for node in answer.assertion.iter(f"{_SAML}SubjectConfirmation"):
        data = node.find(f"{_SAML}SubjectConfirmationData")
        if node.get("Method") == _BEARER and data is not None:
            return dict(data.attrib)
    return {}


def _time(text: str | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text or "")
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _clock_words(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%H:%M:%S} UTC"
