"""Tests a connection as it is now, in a window beside the session of whoever tests.

A request of a test is remembered by its id for ten minutes; the answer that names it is
examined by the same code as every other, and never begins a session. What it showed is
kept for an hour. A test that passed is remembered with the hash of the settings it was
made with, if an owner made it: only then may the connection be activated.
"""

import logging
import secrets
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.cache import cache
from django.utils.translation import gettext as _
from redis import RedisError

from audit import recording
from audit.recording import Outcome, Target
from kit import scoping
from kit.actor import Actor, ActorKind
from kit.permissions import Permission
from kit.refusals import Refused
from workspaces.signin import (
    authn_requests,
    authority,
    inspection,
    messages,
    opening,
    responses,
    selectors,
)
from workspaces.signin.assertions import IdentityProvider
from workspaces.signin.inspection import Attribute, Check, Result
from workspaces.signin.messages import Message
from workspaces.signin.models import SamlConnection
from workspaces.signin.reasons import SignInRefused, reading
from workspaces.signin.selectors import ConnectionRef
from workspaces.signin.services import (
    acceptance,
    attempts,
    drafts,
    keys,
    person_checks,
    trial_seals,
)
from workspaces.tenancy.selectors import OrganizationRef

logger = logging.getLogger(__name__)

_WAITS_SECONDS = 600
_SHOWN_SECONDS = 3600
_ID_MAX = 200


class NothingToTest(Refused):
    """The other side of the connection is not known yet."""


class TestsAreOff(Refused):
    """The part that remembers a test is not running."""

    status = 503


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What a test showed."""

    at: datetime
    by: str
    is_owner: bool
    digest: str
    checks: tuple[Check, ...]
    attributes: tuple[Attribute, ...]
    would_be: str
    reference: str

    @property
    def passed(self) -> bool:
        """Whether a sign-in would have worked."""
        bad = {Result.FAILED, Result.NOT_REACHED}
        return not any(one.result in bad for one in self.checks)


def begin(
    *, actor: Actor, organization: OrganizationRef, connection: UUID, at: datetime
) -> str:
    """Make a request for a test; the address at the identity provider."""
    actor.require(Permission.ORGANIZATION_MANAGE)
    with scoping.organization(organization_id=organization.id):
        row = drafts.locked(connection)
        idp = selectors.identity_provider(row)
        if not (idp.entity_id and idp.sso_url and idp.certificates):
            raise NothingToTest(
                _("Enter the metadata of the identity provider first (step 3).")
            )
        key = keys.signing_key(row) if row.wants_signed_requests else None
        started = {
            "user_id": actor.user_id,
            "actor_id": actor.id,
            "label": actor.label,
            "is_owner": authority.is_owner(actor) and actor.user_id is not None,
        }
        kept = trial_seals.sealed(started, row=row, name="trial")
    request_id = f"_{secrets.token_hex(20)}"
    try:
        cache.set(_waiting_key(row.public_id, request_id), kept, _WAITS_SECONDS)
        cache.set(_open_key(row.pk), 1, _WAITS_SECONDS)
    except RedisError:
        raise TestsAreOff(
            _("A part that tests need is not running. Try again in a minute.")
        ) from None
    return authn_requests.redirect_url(
        request_id=request_id,
        sp=selectors.service_provider(slug=row.slug),
        idp=idp,
        login_hint=actor.label if "@" in actor.label else "",
        name_id_format=row.name_id_format,
        signing_key=key,
        at=at,
    )


def answered(*, ref: ConnectionRef, text: str, at: datetime) -> bool:
    """Whether `text` answers a test; then it was examined, and is used up."""
    try:
        if not cache.get(_open_key(ref.id)):
            return False
        with reading():
            message = messages.decode(text)
        name = message.root.get("InResponseTo") or ""
        key = _waiting_key(ref.public_id, name[:_ID_MAX])
        kept = cache.get(key)
        if kept is None or not cache.delete(key):
            return False
        started = _started(ref, kept)
        if started is None:
            return False
        trial = _examined(ref, message, started, request_id=name, text=text, at=at)
        with scoping.organization(organization_id=ref.organization.id):
            row = selectors.connection(connection_id=ref.id)
            shown = trial_seals.sealed(_plain(trial), row=row, name="shown")
        cache.set(_shown_key(ref.public_id), shown, _SHOWN_SECONDS)
    except SignInRefused:
        return False  # not even readable: the ordinary way says so
    except RedisError:
        logger.warning("a test of %s could not be remembered", ref.public_id)
        return False
    return True


def latest(*, row: SamlConnection) -> Trial | None:
    """What the last test of the last hour showed, in the organization's scope."""
    try:
        kept = cache.get(_shown_key(row.public_id))
    except RedisError:
        return None
    found = trial_seals.opened(kept, row=row, name="shown")
    return None if found is None else _trial(found)


def _started(ref: ConnectionRef, kept: object) -> dict[str, Any] | None:
    """Who began the test that an answer is for."""
    with scoping.organization(organization_id=ref.organization.id):
        row = selectors.connection(connection_id=ref.id)
        return trial_seals.opened(kept, row=row, name="trial")


def _examined(
    ref: ConnectionRef,
    message: Message,
    started: dict[str, Any],
    *,
    request_id: str,
    text: str,
    at: datetime,
) -> Trial:
    with scoping.organization(organization_id=ref.organization.id):
        row = selectors.connection(connection_id=ref.id)
        digest = selectors.settings_digest(row)
        settings = selectors.answering_of(row)
        idp = settings.idp
        opened = _opened(row, idp, message)
    refusal, assertion = None, None
    try:
        assertion = acceptance.examine(
            ref=ref, settings=settings, message=message, at=at
        )
    except SignInRefused as caught:
        refusal = caught
    answer = inspection.Answer(
        root=message.root,
        assertion=opened,
        sp=selectors.service_provider(slug=ref.slug),
        idp=idp,
        request_id=request_id,
        at=at,
    )
    sent = inspection.attributes(
        opened, mapping=row.attribute_mapping, groups=row.groups_attribute
    )
    with scoping.organization(organization_id=ref.organization.id):
        of_person, would_be, unwelcome = person_checks.lines(
            ref, row, assertion, sent, at=at
        )
        refusal = refusal or unwelcome
        trial = Trial(
            at=at,
            by=started["label"],
            is_owner=started["is_owner"],
            digest=digest,
            checks=(*inspection.checks(answer, refusal=refusal), *of_person),
            attributes=tuple(sent),
            would_be=would_be,
            reference=attempts.new_reference(),
        )
        attempts.note(
            ref=ref,
            reference=trial.reference,
            refusal=refusal,
            assertion=assertion,
            text=text,
            is_test=True,
            at=at,
        )
        _remember(ref, trial, started, refusal, at=at)
    return trial


def _opened(row: SamlConnection, idp: IdentityProvider, message: Message) -> Any:
    """The assertion as it can be read, whether it will hold or not."""
    if not responses.is_encrypted(message):
        return message.root.find(opening.ASSERTION)
    ours = keys.opening_keys(connection_id=row.pk, public_id=row.public_id)
    try:
        with reading():
            return opening.opened(message.root, keys=ours, idp=idp)
    except SignInRefused:
        return None


def _remember(
    ref: ConnectionRef,
    trial: Trial,
    started: dict[str, Any],
    refusal: SignInRefused | None,
    *,
    at: datetime,
) -> None:
    row = drafts.locked(ref.public_id)
    is_same = selectors.settings_digest(row) == trial.digest
    counts = trial.passed and is_same
    if trial.is_owner:  # an admin's test neither counts nor takes an owner's away
        row.tested_digest = trial.digest if counts else ""
        row.tested_at = at if counts else None
        row.tested_by_id = started["user_id"] if counts else None
        row.save(update_fields=["tested_digest", "tested_at", "tested_by_id"])
    recording.record(
        actor=Actor(
            kind=ActorKind.USER,
            id=started["actor_id"],
            label=started["label"],
            user_id=started["user_id"],
            organization_id=ref.organization.id,
        ),
        action="workspaces.saml.tested",
        target=Target(kind="connection", id=ref.public_id),
        organization_id=ref.organization.id,
        at=at,
        outcome=Outcome.SUCCESS if trial.passed else Outcome.ERROR,
        details={
            "reference": trial.reference,
            "code": refusal.reason.value if refusal else "",
        },
    )


def _plain(trial: Trial) -> dict[str, Any]:
    """What is kept of a test, as JSON has it; labels are lazy and stay out."""
    plain = asdict(trial) | {"at": trial.at.isoformat()}
    plain["checks"] = [
        {name: value for name, value in one.items() if name != "label"}
        for one in plain["checks"]
    ]
    return plain


def _trial(plain: dict[str, Any]) -> Trial:
    checks = tuple(
        Check(
            **one | {"result": Result(one["result"])},
            label=inspection.LABELS[one["code"]],
        )
        for one in plain["checks"]
    )
    sent = tuple(
        Attribute(**one | {"values": tuple(one["values"])})
        for one in plain["attributes"]
    )
    at = datetime.fromisoformat(plain["at"])
    return Trial(**(plain | {"at": at, "checks": checks, "attributes": sent}))


def _waiting_key(connection: UUID, request_id: str) -> str:
    return f"signin-trial:{connection}:{request_id}"


def _open_key(connection_id: int) -> str:
    return f"signin-trials:{connection_id}"


def _shown_key(connection: UUID) -> str:
    return f"signin-trial-shown:{connection}"


__all__ = ["NothingToTest", "TestsAreOff", "Trial", "answered", "begin", "latest"]
