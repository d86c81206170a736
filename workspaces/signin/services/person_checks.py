"""Lays out what a test shows about the person: address, domain, name, who it is."""

from dataclasses import replace
from datetime import datetime

from django.utils.translation import gettext as _

from workspaces.members import addresses
from workspaces.signin import (
    inspection,
    rules,
    selectors,
)
from workspaces.signin.assertions import VerifiedAssertion
from workspaces.signin.inspection import Attribute, Check, Result
from workspaces.signin.models import SamlConnection
from workspaces.signin.reasons import SignInRefused
from workspaces.signin.selectors import ConnectionRef
from workspaces.signin.services import entrance

_SOON_DAYS = 30


def lines(
    ref: ConnectionRef,
    row: SamlConnection,
    assertion: VerifiedAssertion | None,
    sent: list[Attribute],
    *,
    at: datetime,
) -> tuple[list[Check], str, SignInRefused | None]:
    """The lines, who they would be in words, and why they may not come in."""
    mapping = row.attribute_mapping
    email = assertion.email if assertion else ""
    email = email or inspection.value_of(sent, field="email", mapping=mapping)
    found = [_address_check(email, mapping), _domain_check(email)]
    found.append(_names_check(sent, mapping))
    found.append(_certificate_check(row, at=at))
    found.append(
        inspection.line(
            "person",
            expected=_("a person who may sign in"),
            received="",
            result=Result.NOT_REACHED,
        )
    )
    if assertion is None:
        return found, "", None
    try:
        would_be = _would_be(ref, row, assertion, at=at)
    except SignInRefused as refusal:
        code = inspection.code_of(refusal.reason)
        return [_told(one, code, refusal) for one in found], "", refusal
    found[-1] = replace(found[-1], received=would_be, result=Result.PASSED)
    return found, would_be, None


def _told(one: Check, code: str, refusal: SignInRefused) -> Check:
    """The line to which a refusal belongs says why; no other one changes."""
    if one.code != code:
        return one
    return replace(
        one,
        received=one.received or refusal.received,
        result=Result.FAILED,
        sentence=str(refusal),
    )


def _would_be(
    ref: ConnectionRef,
    row: SamlConnection,
    assertion: VerifiedAssertion,
    *,
    at: datetime,
) -> str:
    who = entrance.recognize(ref=ref, assertion=assertion)
    given = entrance.demand_welcome(
        ref=ref, row=row, found=who, assertion=assertion, at=at
    )
    if who.user is None:
        places = ", ".join(one.workspace.name for one in given if one.lets_in)
        return _("%(address)s, a new member of %(places)s") % {
            "address": who.address,
            "places": places,
        }
    words = {"name": who.user.name or who.user.email, "address": who.user.email}
    if who.is_linked:
        return _("%(name)s (%(address)s), linked before") % words
    return _("%(name)s (%(address)s)") % words


def _address_check(email: str, mapping: dict[str, list[str]]) -> Check:
    names = ", ".join(mapping.get("email", ()))
    try:
        is_good = bool(email and addresses.fold(email))
    except addresses.BadAddress:
        is_good = False
    return inspection.line(
        "address",
        expected=_("an attribute %s") % names,
        received=email or _("no such attribute"),
        result=Result.PASSED if is_good else Result.FAILED,
    )


def _domain_check(email: str) -> Check:
    proven = [row.domain for row in selectors.domains() if row.proven_at]
    expected = ", ".join(proven) or _("a domain you have proven")
    try:
        domain = rules.domain_of(addresses.fold(email)) if email else ""
    except addresses.BadAddress:
        domain = ""
    if not domain:
        return inspection.line(
            "domain", expected=expected, received="", result=Result.NOT_REACHED
        )
    return inspection.line(
        "domain",
        expected=expected,
        received=domain,
        result=Result.PASSED if domain in proven else Result.FAILED,
    )


def _names_check(sent: list[Attribute], mapping: dict[str, list[str]]) -> Check:
    fields = ("first_name", "last_name")
    values = {
        field: inspection.value_of(sent, field=field, mapping=mapping)
        for field in fields
    }
    expected = " + ".join((mapping.get(field) or [field])[0] for field in fields)
    return inspection.line(
        "names",
        expected=expected,
        received=" ".join(value for value in values.values() if value),
        result=Result.PASSED if all(values.values()) else Result.INCOMPLETE,
    )


def _certificate_check(row: SamlConnection, *, at: datetime) -> Check:
    ends = [
        one.not_after for one in selectors.trusted_certificates(connection_id=row.pk)
    ]
    days = (max(ends) - at).days if ends else 0
    return inspection.line(
        "certificate",
        expected=_("%d days or more") % _SOON_DAYS,
        received=_("%d days left") % days,
        result=Result.PASSED if days >= _SOON_DAYS else Result.INCOMPLETE,
    )
