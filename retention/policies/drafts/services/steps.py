"""Opens the turn in which a draft is worked on, and writes down each step."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

from audit.log.leaf import Json
from audit.recording import Target, record
from kit import scoping
from kit.actor import Actor
from retention.holds import locking
from retention.policies.drafts import selectors
from retention.policies.drafts.digests import digest, preview_digest
from retention.policies.drafts.models import DraftStep, PolicyDraft, StepKind
from retention.policies.listing import services as listing
from retention.policies.listing.models import PurgeList
from workspaces.tenancy.models import Workspace
from workspaces.tenancy.selectors import WorkspaceRef

_ACTIONS = {
    StepKind.DRAFTED: "retention.policy.drafted",
    StepKind.CHANGED: "retention.policy.draft-changed",
    StepKind.SENT: "retention.policy.sent",
    StepKind.APPROVED: "retention.policy.approved",
    StepKind.DECLINED: "retention.policy.declined",
    StepKind.SCHEDULED: "retention.policy.scheduled",
    StepKind.RETURNED: "retention.policy.returned",
    StepKind.CANCELLED: "retention.policy.cancelled",
    StepKind.IN_FORCE: "retention.policy.in-force",
}


@contextmanager
def turn(workspace: WorkspaceRef) -> Iterator[None]:
    """One transaction in which nobody else sets or drafts policies here.

    A draft may become a version at its end, so the lock of holds comes before writes.
    """
    with scoping.workspace(
        workspace_id=workspace.id, organization_id=workspace.organization.id
    ):
        locking.before_changing()
        Workspace.objects.select_for_update(no_key=True).get(pk=workspace.id)
        yield


def locked(*, draft: UUID) -> PolicyDraft:
    """The draft, as it is now that it is this turn's."""
    selectors.one(draft=draft)
    return PolicyDraft.objects.select_for_update().get(public_id=draft)


def note(
    draft: PolicyDraft,
    kind: StepKind,
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    reason: str = "",
    asked: Sequence[str] | None = None,
    changes: Mapping[str, tuple[Json, Json]] | None = None,
    kept: PurgeList | None = None,
    at: datetime,
) -> None:
    """Writes a step and its entry in the log, with what the draft proposes then.

    `kept` is the list that this step made of what goes, `asked` are those who could
    approve when it was sent.
    """
    bound = digest(draft)
    DraftStep.objects.create(
        workspace_id=workspace.id,
        draft=draft,
        kind=kind,
        revision=draft.revision,
        digest=bound,
        by=actor.id,
        reason=reason.strip(),
        asked=None if asked is None else list(asked),
        at=at,
    )
    record(
        actor=actor,
        action=_ACTIONS[kind],
        target=Target(kind="policy-draft", id=draft.public_id),
        organization_id=workspace.organization.id,
        workspace=workspace.public_id,
        at=at,
        counts={
            "revision": draft.revision,
            **({} if asked is None else {"asked": len(asked)}),
            **listing.counts(kept),
        },
        digests={
            "draft": bound.hex(),
            "preview": preview_digest(draft).hex(),
            **listing.digests(kept),
        },
        changes=changes,
        reason=reason.strip(),
    )
