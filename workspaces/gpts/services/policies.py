"""Sets what a workspace allows: public GPTs, domains of actions, outside GPTs."""

from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from kit.actor import Actor
from kit.permissions import Permission
from kit.refusals import Refused
from workspaces.gpts import authority, hosts, recordings, selectors
from workspaces.gpts.models import ActionDomain, GptPolicy, ThirdPartyApproval
from workspaces.tenancy.selectors import WorkspaceRef

MOST_DOMAINS = 1_000


class AlreadySo(Refused):
    """The rule stands already."""


class TooManyDomains(Refused):
    """A workspace keeps so many rules already."""


class BadApproval(Refused):
    """An approval needs the id and the name of a GPT."""

    status = 422


def set_public(
    *, actor: Actor, workspace: WorkspaceRef, allows: bool, at: datetime
) -> GptPolicy:
    """Let GPTs be shared with the public after a review, or let none."""
    actor.require(Permission.GPTS_MANAGE)
    with authority.scope(workspace):
        row = GptPolicy.objects.select_for_update().first()
        before = row is not None and row.allows_public
        if before is allows:
            raise AlreadySo(_("That is how it is set already."))
        row = row or GptPolicy(workspace_id=workspace.id)
        row.allows_public, row.changed_at = allows, at
        row.save()
        recordings.record(
            actor=actor,
            action="workspaces.gpt-policy.changed",
            workspace=workspace,
            kind="workspace",
            target=workspace.public_id,
            at=at,
            changes={"public_sharing": (before, allows)},
        )
        return row


def allow_domain(
    *, actor: Actor, workspace: WorkspaceRef, domain: str, at: datetime
) -> ActionDomain:
    """Let actions call a domain and everything below it."""
    actor.require(Permission.GPTS_MANAGE)
    host = hosts.rule_for(domain)
    with authority.scope(workspace):
        if ActionDomain.objects.filter(domain=host).exists():
            raise AlreadySo(_("“%s” is allowed already.") % host)
        if ActionDomain.objects.count() >= MOST_DOMAINS:
            raise TooManyDomains(
                _("A workspace keeps %d domains at most.") % MOST_DOMAINS
            )
        row = ActionDomain.objects.create(
            workspace_id=workspace.id, domain=host, added_by=actor.id, added_at=at
        )
        _record_domain(actor, "workspaces.action-domain.allowed", row, workspace, at=at)
        return row


def refuse_domain(
    *, actor: Actor, workspace: WorkspaceRef, rule: UUID, at: datetime
) -> ActionDomain:
    """Take a domain back; actions there are unavailable from now on."""
    actor.require(Permission.GPTS_MANAGE)
    with authority.scope(workspace):
        row = ActionDomain.objects.filter(public_id=rule).first()
        if row is None:
            raise selectors.UnknownDomain(_("There is no such rule."))
        _record_domain(actor, "workspaces.action-domain.removed", row, workspace, at=at)
        row.delete()
        return row


def approve_third_party(
    *, actor: Actor, workspace: WorkspaceRef, external_id: str, name: str, at: datetime
) -> ThirdPartyApproval:
    """Let members use one GPT from outside, where the approved ones are allowed."""
    actor.require(Permission.GPTS_MANAGE)
    outside, words = external_id.strip(), name.strip()
    if not outside or not words or not outside.isprintable() or len(outside) > 100:
        raise BadApproval(_("Give the id of the GPT, like g-abc123, and its name."))
    with authority.scope(workspace):
        found = ThirdPartyApproval.objects.filter(
            external_id=outside, withdrawn_at__isnull=True
        )
        if found.exists():
            raise AlreadySo(_("This GPT is approved already."))
        row = ThirdPartyApproval.objects.create(
            workspace_id=workspace.id,
            external_id=outside,
            name=words[:200],
            approved_by=actor.id,
            approved_at=at,
        )
        _record_approval(
            actor, "workspaces.third-party-gpt.approved", row, workspace, at=at
        )
        return row


def withdraw_third_party(
    *, actor: Actor, workspace: WorkspaceRef, approval: UUID, at: datetime
) -> ThirdPartyApproval:
    """Take an approval back, from the next use on."""
    actor.require(Permission.GPTS_MANAGE)
    with authority.scope(workspace):
        rows = ThirdPartyApproval.objects.select_for_update()
        row = rows.filter(public_id=approval).first()
        if row is None:
            raise selectors.UnknownApproval(_("There is no such approval."))
        if row.withdrawn_at is not None:
            raise AlreadySo(_("This approval is withdrawn already."))
        row.withdrawn_at, row.withdrawn_by = at, actor.id
        row.save(update_fields=["withdrawn_at", "withdrawn_by"])
        _record_approval(
            actor, "workspaces.third-party-gpt.withdrawn", row, workspace, at=at
        )
        return row


def _record_domain(
    actor: Actor,
    action: str,
    row: ActionDomain,
    workspace: WorkspaceRef,
    *,
    at: datetime,
) -> None:
    is_new = action.endswith("allowed")
    recordings.record(
        actor=actor,
        action=action,
        workspace=workspace,
        kind="action_domain",
        target=row.public_id,
        at=at,
        changes={"domain": (None, row.domain) if is_new else (row.domain, None)},
    )


def _record_approval(
    actor: Actor,
    action: str,
    row: ThirdPartyApproval,
    workspace: WorkspaceRef,
    *,
    at: datetime,
) -> None:
    recordings.record(
        actor=actor,
        action=action,
        workspace=workspace,
        kind="third_party_gpt",
        target=row.public_id,
        at=at,
        details={"external_id": row.external_id, "name": row.name},
    )
