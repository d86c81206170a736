"""Makes GPTs and saves new versions of them; a saved version never changes."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from kit import blobs, coverage, ids, vault
from kit.actor import Actor
from kit.sealed_streams import seal_stream
from workspaces.access.features import Feature
from workspaces.gpts import authority, drafts, recordings, selectors
from workspaces.gpts.drafts import BadDraft, Draft, Upload
from workspaces.gpts.models import Gpt, GptFile, GptVersion
from workspaces.gpts.rules import Act
from workspaces.gpts.seals import Seals
from workspaces.gpts.services import hiding
from workspaces.members.models import Membership
from workspaces.tenancy.models import Workspace
from workspaces.tenancy.selectors import WorkspaceRef


def create(
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    draft: Draft,
    uploads: Sequence[Upload] = (),
    at: datetime,
) -> Gpt:
    """Make a GPT that nobody but its owner can use yet."""
    hosts = drafts.check(draft)
    drafts.check_uploads(tuple(uploads), kept=0)
    with authority.scope(workspace):
        member = authority.member_of(actor)
        authority.demand_feature(member, Feature.GPTS_CREATE)
        _demand_parts(member, draft, uploads, had=())
        key = vault.make_keys(parent=Workspace.objects.get(pk=workspace.id).key_id)[0]
        row = Gpt.objects.create(
            workspace_id=workspace.id,
            owner_id=member.pk,
            plan_written=workspace.plan,
            key_id=key.id,
            key_made_at=key.made_at,
            created_at=at,
            updated_at=at,
        )
        seals = Seals(key.key, gpt=row.public_id)
        files = _store(row, member, uploads, at=at)
        _save(row, seals, draft, member=member, hosts=hosts, files=files, at=at)
        _record(
            actor, "workspaces.gpt.created", row, workspace, draft, hosts=hosts, at=at
        )
        return row


def save_version(
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    gpt: UUID,
    draft: Draft,
    uploads: Sequence[Upload] = (),
    keep_files: Sequence[UUID] = (),
    at: datetime,
) -> Gpt:
    """Save what was edited as the next version; a public GPT goes on serving its own.

    The version begins with the files that are kept of the one before.
    """
    hosts = drafts.check(draft)
    drafts.check_uploads(tuple(uploads), kept=len(keep_files))
    with authority.scope(workspace):
        # Who writes a version may be under a hold, which then covers the whole GPT.
        coverage.before_widening()
        member = authority.member_of(actor)
        row = locked(gpt)
        authority.demand(member, row, Act.EDIT)
        before = selectors.version_of(gpt=row, number=row.latest_number)
        _demand_parts(member, draft, uploads, had=before.connectors)
        kept = _kept(before, keep_files)
        seals = selectors.seals_of(row)
        row.latest_number += 1
        files = [*kept, *_store(row, member, uploads, at=at)]
        _save(row, seals, draft, member=member, hosts=hosts, files=files, at=at)
        hiding.drop_hidden_groups(actor=actor, workspace=workspace, gpt=row, at=at)
        _record(
            actor, "workspaces.gpt.edited", row, workspace, draft, hosts=hosts, at=at
        )
        return row


def locked(gpt: UUID) -> Gpt:
    """The GPT, held against other writers until the end of the transaction."""
    found = selectors.live().filter(public_id=gpt).select_for_update().first()
    if found is None:
        raise selectors.GptIsGone(_("This workspace has no such GPT."))
    return found


def _save(
    row: Gpt,
    seals: Seals,
    draft: Draft,
    *,
    member: Membership,
    hosts: Sequence[str],
    files: Sequence[str],
    at: datetime,
) -> None:
    number = row.latest_number
    summary = seals.version(number, "summary", draft.summary)
    config = seals.version(number, "config", draft.config)
    GptVersion.objects.create(
        workspace_id=row.workspace_id,
        gpt_id=row.pk,
        number=number,
        author_id=member.pk,
        summary=summary,
        config=config,
        tools=sorted(draft.tools),
        action_hosts=list(hosts),
        connectors=list(draft.connectors),
        file_ids=list(files),
        created_at=at,
    )
    row.byte_count += len(summary) + len(config)
    row.file_count = len(files)
    row.updated_at = at
    row.save(update_fields=["latest_number", "byte_count", "file_count", "updated_at"])


def _store(
    row: Gpt, member: Membership, uploads: Sequence[Upload], *, at: datetime
) -> list[str]:
    """Seal the bytes into the blob store, before the rows that name them."""
    if not uploads:
        return []
    where = Workspace.objects.get(pk=row.workspace_id)
    stored = []
    for upload in uploads:
        key = vault.make_keys(parent=where.key_id)[0]
        seals = Seals(key.key, gpt=row.public_id)
        public_id, blob_id = ids.new_uuid(), ids.new_uuid()
        stream = seal_stream([upload.data], key=seals.key, aad=seals.blob(public_id))
        size = blobs.store().put(blob_id, stream)
        GptFile.objects.create(
            workspace_id=row.workspace_id,
            gpt_id=row.pk,
            public_id=public_id,
            owner_id=member.pk,
            plan_written=where.plan,
            key_id=key.id,
            key_made_at=key.made_at,
            byte_count=size,
            blob_id=blob_id,
            sealed=seals.file(public_id, {"name": upload.name, "type": upload.kind}),
            created_at=at,
        )
        stored.append(str(public_id))
    return stored


def _kept(before: GptVersion, wanted: Sequence[UUID]) -> list[str]:
    kept = [one for one in before.file_ids if UUID(one) in set(wanted)]
    if len(kept) < len(set(wanted)):
        raise BadDraft(_("A file that was to be kept is not one of this GPT."))
    return kept


def _demand_parts(
    member: Membership, draft: Draft, uploads: Sequence[Upload], *, had: Sequence[str]
) -> None:
    """New files and connectors take their switches; those it had may stay."""
    if uploads:
        authority.demand_feature(member, Feature.FILE_UPLOAD)
    if set(draft.connectors) - set(had):
        authority.demand_feature(member, Feature.GPTS_CONNECTORS)


def _record(
    actor: Actor,
    action: str,
    row: Gpt,
    workspace: WorkspaceRef,
    draft: Draft,
    *,
    hosts: Sequence[str],
    at: datetime,
) -> None:
    recordings.record(
        actor=actor,
        action=action,
        workspace=workspace,
        target=row.public_id,
        at=at,
        counts={"version": row.latest_number, "files": row.file_count},
        details={
            "tools": [one.value for one in sorted(draft.tools)],
            "action_hosts": list(hosts),
            "connectors": list(draft.connectors),
        },
    )
