"""Places a hold: a matter, and what of the workspace it keeps."""

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from audit.recording import Target, record
from kit import ids
from kit.actor import Actor
from kit.refusals import Refused
from retention.holds import authority, counting, locking, selectors
from retention.holds.matters import EVERYTHING, Named, Narrowing, Text
from retention.holds.models import Hold
from retention.holds.services import storing
from workspaces.tenancy.selectors import WorkspaceRef

_LONGEST_MATTER = 500
_LONGEST_REFERENCE = 200
_LONGEST_DESCRIPTION = 5000


class HoldCoversNothing(Refused):
    """A hold names at least one thing of the workspace."""


class HoldCoversLess(Refused):
    """A hold never leaves out in silence what it was to cover: it may be purged."""


class MatterIsMissing(Refused):
    """A hold says which matter it serves, in at most 500 characters."""


def place(
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    matter: str,
    reference: str = "",
    description: str = "",
    membership_ids: Sequence[int] = (),
    conversation_ids: Sequence[int] = (),
    project_ids: Sequence[int] = (),
    gpt_ids: Sequence[int] = (),
    narrowing: Narrowing = EVERYTHING,
    at: datetime,
) -> Hold:
    """Places a hold: from its commit on, nothing that it covers is purged."""
    authority.demand_holds(actor, workspace=workspace)
    text = checked(Text(name=matter, reference=reference, description=description))
    named = Named(
        membership_ids=membership_ids,
        conversation_ids=conversation_ids,
        project_ids=project_ids,
        gpt_ids=gpt_ids,
        narrowing=narrowing,
    )
    with storing.scope(workspace):
        locking.before_changing()
        demand_all(named)
        public_id = ids.new_uuid()
        hold = Hold.objects.create(
            workspace_id=workspace.id,
            public_id=public_id,
            placed_at=at,
            placed_by=actor.id,
            **storing.sealed(text, row=public_id),
        )
        storing.store_scopes(hold, named.scopes(), narrowing, at=at)
        _record(actor, workspace, hold, text, named, at=at)
        return hold


def checked(text: Text) -> Text:
    """The text of a matter, trimmed; MatterIsMissing where it cannot be kept."""
    found = Text(
        name=text.name.strip(),
        reference=text.reference.strip(),
        description=text.description.strip(),
    )
    if not found.name or len(found.name) > _LONGEST_MATTER:
        raise MatterIsMissing(_("Name the matter, in at most 500 characters."))
    if len(found.reference) > _LONGEST_REFERENCE:
        raise MatterIsMissing(_("A reference has at most 200 characters."))
    if len(found.description) > _LONGEST_DESCRIPTION:
        raise MatterIsMissing(_("A description has at most 5,000 characters."))
    return found


def demand_all(named: Named) -> None:
    """Refuses what names nothing, or something that the workspace does not have."""
    here = selectors.scopes_named(named=named)
    if not here:
        raise HoldCoversNothing(
            _("Name at least one member or conversation of this workspace.")
        )
    if len(here) < len(named):
        raise HoldCoversLess(
            _("Something that the hold names is no longer here; name it anew.")
        )


def _record(
    actor: Actor,
    workspace: WorkspaceRef,
    hold: Hold,
    text: Text,
    named: Named,
    *,
    at: datetime,
) -> None:
    record(
        actor=actor,
        action="retention.hold.placed",
        target=Target(kind="hold", id=hold.public_id),
        organization_id=workspace.organization.id,
        workspace=workspace.public_id,
        at=at,
        counts={"covered": counting.covered(hold=hold), "scopes": len(named)},
        details={
            "matter": text.name,
            "reference": text.reference,
            "narrowing": named.narrowing.as_details,
        },
    )
