"""`/v1/compliance/<kind>/<id>`: programs ask why an object goes, and delete it.

Of one workspace, on plans that have the Compliance API: elsewhere there is nothing at
these addresses. Both answers are metadata; nothing of what is stored is read.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from ninja import Router, Schema, Status

from kit import clock
from kit.actor import Actor
from kit.refusals import Refused
from retention.conversations import object_reasons, reasons
from retention.conversations.object_reasons import Explained
from retention.conversations.selectors import UnknownConversation
from retention.deletions import services
from retention.deletions.objects import UnknownObject
from workspaces.keys.authentication import Bearer, entering
from workspaces.keys.scopes import Scope
from workspaces.tenancy import plans
from workspaces.tenancy.selectors import WorkspaceRef

router = Router(tags=["compliance"])


class NothingHere(Refused):
    """No such object is stored in the key's workspace, or its plan has no such API."""

    status = 404


class KeyIsOfNoWorkspace(Refused):
    """A key of an organization does not say which workspace is meant."""

    status = 403


class Rule(Schema):
    """One version of a policy that was looked at."""

    scope: str
    version: int
    days: int | None
    undo_days: int
    in_force_at: datetime
    decides: bool


class Bounds(Schema):
    """The floor and ceiling in force, inside which every policy keeps."""

    version: int
    floor_days: int | None
    ceiling_days: int | None


class HoldOver(Schema):
    """A hold that covers the object."""

    id: UUID
    placed_at: datetime


class GoesWith(Schema):
    """What the object hangs on, whose purge takes it along."""

    kind: str
    id: UUID


class Why(Schema):
    """What the engine decides about one object, and what it looked at.

    Dates leave holds aside: what is held stays stored whatever they say. `kept_days`
    is what the rule that decides comes to inside the bounds; null keeps for ever.
    `deleted_by` is owner, compliance, erasure or departure, of an export of a matter
    person or custos, and null if nobody did. With `goes_with` the answer is that
    whole's: a file goes with its conversation, and with a project or GPT once that is
    deleted.
    """

    kind: str
    id: UUID
    state: str
    is_due: bool
    is_held: bool
    rules: list[Rule]
    bounds: Bounds | None
    kept_days: int | None
    deleted_by: str | None
    holds: list[HoldOver]
    expires_at: datetime | None
    undo_ends_at: datetime | None
    purge_at: datetime | None
    ways_out: list[str]
    goes_with: GoesWith | None


class Deletion(Schema):
    """What is deleted, since when, and from when on a sweep may purge it."""

    kind: str
    id: UUID
    state: str
    deleted_at: datetime
    purge_from: datetime


@router.get(
    "/{kind}/{uuid:object_id}/why",
    auth=Bearer(Scope.COMPLIANCE_READ),
    response=Why,
    summary="Why an object stays or goes",
    description=(
        "Kinds: conversations, files (of conversations), memories, projects,"
        " project_files, gpts, gpt_files, matter_exports. The same answer as the page"
        " “Why” and the sweep give."
    ),
)
@entering
def explain_object(request: Any, kind: str, object_id: UUID) -> Why:
    """The engine's decision about one stored object."""
    try:
        found = object_reasons.explain(
            workspace=_workspace(request),
            public_id=object_id,
            kind=kind,
            at=clock.now(),
        )
    except UnknownConversation:
        raise NothingHere(_("There is no such object.")) from None
    return _why(found)


@router.delete(
    "/{kind}/{uuid:object_id}",
    auth=Bearer(Scope.COMPLIANCE_DELETE),
    response={202: Deletion},
    summary="Delete an object",
    description=(
        "It is hidden at once and purged after the undo window. Answers 409 with the"
        " code “legal_hold” and the header “x-should-retry: false” where a legal hold"
        " covers it. Deleting it again answers the same."
    ),
)
def delete_object(request: Any, kind: str, object_id: UUID) -> Status[Deletion]:
    """Hides one object for good, unless a hold covers it."""
    actor: Actor = request.actor
    try:
        hidden = services.delete_by_program(
            actor=actor,
            workspace=_workspace(request),
            kind=kind,
            public_id=object_id,
            at=clock.now(),
        )
    except UnknownObject:
        raise NothingHere(_("There is no such object.")) from None
    deletion = Deletion(
        kind=hidden.kind,
        id=hidden.public_id,
        state="deleted",
        deleted_at=hidden.deleted_at,
        purge_from=hidden.purge_from,
    )
    return Status(202, deletion)


def _workspace(request: Any) -> WorkspaceRef:
    found: WorkspaceRef | None = request.caller.workspace
    if found is None:
        raise KeyIsOfNoWorkspace(_("Use a key of the workspace that is meant."))
    if not plans.of(found.plan).has_compliance_api:
        raise NothingHere(_("This plan has no Compliance API."))
    return found


def _why(found: Explained) -> Why:
    why = found.why
    return Why(
        kind=found.kind,
        id=found.row.public_id,
        state=why.state,
        is_due=why.is_due,
        is_held=why.is_held,
        rules=[
            Rule(
                scope=policy.scope_kind,
                version=policy.version,
                days=policy.days,
                undo_days=policy.undo_days,
                in_force_at=policy.in_force_at,
                decides=policy == why.winner,
            )
            for policy in why.considered
        ],
        bounds=_bounds(why),
        kept_days=why.kept_days,
        deleted_by=why.deleted_by or None,
        holds=[
            HoldOver(id=hold.public_id, placed_at=hold.placed_at) for hold in why.holds
        ],
        expires_at=why.expires_at,
        undo_ends_at=why.undo_ends_at,
        purge_at=why.purge_at,
        ways_out=[way.value for way in why.ways_out],
        goes_with=_goes_with(why),
    )


def _goes_with(why: reasons.Why) -> GoesWith | None:
    whole = why.goes_with
    return None if whole is None else GoesWith(kind=whole.kind, id=whole.public_id)


def _bounds(why: reasons.Why) -> Bounds | None:
    if why.bounds is None:
        return None
    return Bounds(
        version=why.bounds.version,
        floor_days=why.bounds.floor_days,
        ceiling_days=why.bounds.ceiling_days,
    )
