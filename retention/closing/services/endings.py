"""Ends what lets people and programs into a workspace, when it begins to be emptied.

Each goes through the verb that a person would use, and is recorded by it. Twice does no
harm: what has ended is not found again.
"""

from dataclasses import replace
from datetime import datetime

from audit.streams import selectors as streams
from audit.streams import services as streaming
from kit.actor import Actor
from workspaces.connectors import selectors as connectors
from workspaces.connectors.models import ConnectorGrant
from workspaces.connectors.services import cutting
from workspaces.invitations import services as inviting
from workspaces.invitations.models import Invitation
from workspaces.jobs.models import OPEN_STATES, Job
from workspaces.jobs.services import asking as jobs
from workspaces.keys.models import ApiKey, ScimToken
from workspaces.keys.services import api_keys, scim_tokens
from workspaces.tenancy.selectors import WorkspaceRef

_CLOSES = "workspace closes"


def end_ways_in(*, actor: Actor, workspace: WorkspaceRef, at: datetime) -> int:
    """Ends API keys, SCIM tokens, grants of connectors, invitations and jobs; how many.

    Runs in the scope of the workspace. People's sessions open nothing of it any more
    from the moment in which its state changes; what sends its log elsewhere goes last.
    """
    here = replace(actor, workspace_id=workspace.id)
    return sum(
        (
            _keys(here, workspace, at),
            _grants(here, workspace, at),
            _invitations(here, workspace, at),
            _jobs(here, workspace, at),
        )
    )


def end_streams(*, actor: Actor, workspace: WorkspaceRef, at: datetime) -> int:
    """Ends the workspace's own audit streams; how many."""
    found = streams.listed(workspace=workspace.public_id)
    for stream in found:
        streaming.remove(actor=actor, stream=stream, at=at)
    return len(found)


def _keys(actor: Actor, workspace: WorkspaceRef, at: datetime) -> int:
    keys = list(
        ApiKey.objects.filter(
            workspace_id=workspace.id, revoked_at__isnull=True
        ).values_list("public_id", flat=True)
    )
    for key in keys:
        api_keys.revoke(
            actor=actor,
            organization=workspace.organization,
            workspace=workspace,
            key=key,
            at=at,
        )
    tokens = list(
        ScimToken.objects.filter(revoked_at__isnull=True).values_list(
            "public_id", flat=True
        )
    )
    for token in tokens:
        scim_tokens.revoke(
            actor=actor, workspace=workspace, token=token, at=at, reason=_CLOSES
        )
    return len(keys) + len(tokens)


def _grants(actor: Actor, workspace: WorkspaceRef, at: datetime) -> int:
    linked = ConnectorGrant.objects.filter(ended_at__isnull=True)
    number = linked.count()
    ids = set(linked.values_list("connector_id", flat=True))
    for pk, setup in connectors.by_id(ids=ids).items():
        cutting.cut_grants(
            actor=actor,
            workspace=workspace,
            setup=setup,
            grants=linked.filter(connector_id=pk),
            at=at,
        )
    return number


def _invitations(actor: Actor, workspace: WorkspaceRef, at: datetime) -> int:
    waiting = list(
        Invitation.objects.filter(
            accepted_at__isnull=True, revoked_at__isnull=True
        ).values_list("public_id", flat=True)
    )
    for invitation in waiting:
        inviting.revoke(actor=actor, workspace=workspace, invitation=invitation, at=at)
    return len(waiting)


def _jobs(actor: Actor, workspace: WorkspaceRef, at: datetime) -> int:
    asked = list(
        Job.objects.filter(
            workspace_id=workspace.id,
            state__in=OPEN_STATES,
            cancel_requested_at__isnull=True,
        ).values_list("public_id", flat=True)
    )
    for job in asked:
        jobs.cancel(actor=actor, organization=workspace.organization, job=job, at=at)
    return len(asked)
