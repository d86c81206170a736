"""Makes GPTs for tests, the way members make them."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from kit import scoping
from tests.cast import NOON, Person
from workspaces.access.features import Feature
from workspaces.access.models import Baseline
from workspaces.gpts import services
from workspaces.gpts.drafts import Draft, Upload
from workspaces.gpts.models import Gpt
from workspaces.tenancy.selectors import WorkspaceRef

SECRET = "Answer as a tariff clerk and never mention the margin."
NAME = "Tariff helper"


def draft(**known: Any) -> Draft:
    return Draft(**{"name": NAME, "instructions": SECRET, **known})


def schema(*urls: str) -> str:
    servers = [{"url": url} for url in urls]
    return json.dumps({"openapi": "3.1.0", "servers": servers, "paths": {}})


def make(
    owner: Person, *, level: str = "", uploads: Sequence[Upload] = (), **known: Any
) -> Gpt:
    """A GPT of `owner`, shared at `level` where that takes no review."""
    where = owner.workspace
    made = services.create(
        actor=owner.actor,
        workspace=where,
        draft=draft(**known),
        uploads=uploads,
        at=NOON,
    )
    if level:
        services.set_visibility(
            actor=owner.actor, workspace=where, gpt=made.public_id, level=level, at=NOON
        )
    return row(where, made.public_id)


def publish(owner: Person, reviewer: Person, *, level: str = "gpt_store") -> Gpt:
    """A GPT that somebody approved for the public; the switch is on afterwards."""
    allow_public(owner.workspace, reviewer)
    return publish_more(owner, reviewer, level=level)


def publish_more(owner: Person, reviewer: Person, *, level: str = "gpt_store") -> Gpt:
    """The same where the switch is on already."""
    where = owner.workspace
    made = make(owner)
    review = services.set_visibility(
        actor=owner.actor, workspace=where, gpt=made.public_id, level=level, at=NOON
    )
    assert review is not None
    services.decide(
        actor=reviewer.actor,
        workspace=where,
        review=review.public_id,
        state=services.ReviewState.APPROVED,
        at=NOON,
    )
    return row(where, made.public_id)


def allow_public(where: WorkspaceRef, admin: Person) -> None:
    """The workspace shares with the public, and its baseline lets members."""
    services.set_public(actor=admin.actor, workspace=where, allows=True, at=NOON)
    ceiling(where, "gpt_store")


def ceiling(where: WorkspaceRef, level: str) -> None:
    """How far the workspace lets members share."""
    baseline(where, Feature.GPTS_SHARE, level)


def baseline(where: WorkspaceRef, feature: Feature, value: str) -> None:
    with opened(where):
        Baseline.objects.update_or_create(
            workspace_id=where.id, feature=feature.value, defaults={"value": value}
        )


def row(where: WorkspaceRef, gpt: UUID) -> Gpt:
    with opened(where):
        return Gpt.objects.get(public_id=gpt)


@contextmanager
def opened(where: WorkspaceRef) -> Iterator[None]:
    with scoping.workspace(
        workspace_id=where.id, organization_id=where.organization.id
    ):
        yield
