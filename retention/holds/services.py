"""Places and releases legal holds."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

from django.conf import settings
from django.utils.translation import gettext as _

from audit.recording import Target, record
from kit import ids, scoping, vault
from kit.actor import Actor, ActorKind
from kit.permissions import Permission
from kit.refusals import Refused
from kit.sealing import binding, seal
from retention.holds import authority, locking, overrides, selectors
from retention.holds.models import Hold, HoldScope, ScopeKind
from retention.places import place as page_of
from workspaces.tenancy.models import Organization
from workspaces.tenancy.selectors import WorkspaceRef

_LONGEST_MATTER = 500


class HoldCoversNothing(Refused):
    """A hold names at least one member or one conversation of the workspace."""


class HoldCoversLess(Refused):
    """A hold never leaves out in silence what it was to cover: it may be purged."""


class MatterIsMissing(Refused):
    """A hold says which matter it serves, in at most 500 characters."""


class HoldIsReleased(Refused):
    """A hold is released once."""


class ReasonIsMissing(Refused):
    """Releasing a hold needs a reason."""


class OverrideIsMissing(Refused):
    """At the command line a release skips the second person only when told to."""


def place(
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    matter: str,
    membership_ids: Sequence[int] = (),
    conversation_ids: Sequence[int] = (),
    at: datetime,
) -> Hold:
    """Places a hold: from its commit on, nothing that it covers is purged."""
    authority.demand(actor, Permission.HOLDS_MANAGE, workspace=workspace)
    matter = matter.strip()
    if not matter or len(matter) > _LONGEST_MATTER:
        raise MatterIsMissing(_("Name the matter, in at most 500 characters."))
    with _scope(workspace):
        locking.before_changing()
        scopes = selectors.scopes_named(
            membership_ids=membership_ids, conversation_ids=conversation_ids
        )
        if not scopes:
            raise HoldCoversNothing(
                _("Name at least one member or conversation of this workspace.")
            )
        if len(scopes) < len({*membership_ids}) + len({*conversation_ids}):
            raise HoldCoversLess(
                _("Something that the hold names is no longer here; name it anew.")
            )
        hold = _stored(actor=actor, workspace=workspace, matter=matter, at=at)
        _store_scopes(hold, scopes, at=at)
        record(
            actor=actor,
            action="retention.hold.placed",
            target=Target(kind="hold", id=hold.public_id),
            organization_id=workspace.organization.id,
            workspace=workspace.public_id,
            at=at,
            counts={
                "covered": selectors.covered(hold=hold),
                "scopes": len(scopes),
            },
            details={"matter": matter},
        )
        return hold


def release(
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    hold: Hold,
    reason: str,
    override: bool = False,
    at: datetime,
) -> Hold:
    """Releases a hold; what it covered stays protected for the grace after release.

    `override` skips the second person and is mailed to the organization's owners.
    """
    authority.demand(actor, Permission.HOLDS_MANAGE, workspace=workspace)
    if not reason.strip():
        raise ReasonIsMissing(_("Say why the hold is released."))
    if actor.kind is ActorKind.OPERATOR and not override:
        raise OverrideIsMissing(_("An operator releases a hold with --override only."))
    with _scope(workspace):
        locking.before_changing()
        changed = Hold.objects.filter(pk=hold.pk, released_at__isnull=True).update(
            released_at=at, released_by=actor.id
        )
        if not changed:
            raise HoldIsReleased(_("This hold is released already."))
        grace = timedelta(days=settings.CUSTOS_RELEASE_GRACE_DAYS)
        HoldScope.objects.filter(hold=hold, released_at__isnull=True).update(
            released_at=at, release_grace_until=at + grace if grace else None
        )
        record(
            actor=actor,
            action="retention.hold.released",
            target=Target(kind="hold", id=hold.public_id),
            organization_id=workspace.organization.id,
            workspace=workspace.public_id,
            at=at,
            counts={"covered": selectors.covered(hold=hold)},
            details={
                "matter": selectors.matter_of(hold=hold),
                "override": override,
            },
            reason=reason.strip(),
        )
        if override:
            _tell_owners(actor, workspace, hold, reason=reason, at=at)
        hold.released_at, hold.released_by = at, actor.id
        return hold


def _tell_owners(
    actor: Actor, workspace: WorkspaceRef, hold: Hold, *, reason: str, at: datetime
) -> None:
    overrides.tell_owners(
        kind="retention.hold-override",
        workspace=workspace,
        subject=_("%s: a legal hold was released by override") % workspace.name,
        what=_(
            "A legal hold of %s was released without a second person: what it covered"
            " follows its policy again."
        )
        % workspace.name,
        page=page_of(workspace, "retention:hold", hold=hold.public_id),
        actor=actor,
        reason=reason,
        at=at,
    )


def _scope(workspace: WorkspaceRef) -> AbstractContextManager[scoping.Scope]:
    return scoping.workspace(
        workspace_id=workspace.id, organization_id=workspace.organization.id
    )


def _stored(
    *, actor: Actor, workspace: WorkspaceRef, matter: str, at: datetime
) -> Hold:
    public_id = ids.new_uuid()
    key_id = Organization.objects.values_list("key_id", flat=True).get()
    sealed = seal(
        matter.encode(),
        key=vault.read_keys([key_id])[key_id],
        aad=binding(table="retention_hold", row=public_id, column="matter"),
    )
    return Hold.objects.create(
        workspace_id=workspace.id,
        public_id=public_id,
        matter=sealed,
        placed_at=at,
        placed_by=actor.id,
    )


def _store_scopes(
    hold: Hold, scopes: Sequence[tuple[str, int]], *, at: datetime
) -> None:
    HoldScope.objects.bulk_create(
        HoldScope(
            workspace_id=hold.workspace_id,
            hold=hold,
            kind=kind,
            membership_id=object_id if kind == ScopeKind.MEMBER else None,
            conversation_id=object_id if kind == ScopeKind.CONVERSATION else None,
            placed_at=at,
        )
        for kind, object_id in scopes
    )
