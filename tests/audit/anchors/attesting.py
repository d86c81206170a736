"""What the tests of those who attest heads of the site's log have in common."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, connections, transaction

from audit.anchors import services, turns
from audit.anchors.models import AuditAnchor
from audit.anchors.turns import Party
from audit.log.models import SITE, AuditEntry
from audit.log.selectors import Log, log_of
from kit import scoping
from kit.actor import Actor
from tests.audit.conftest import AT, Tenant

Asking = Callable[[], int]


def site() -> Log:
    with scoping.organization(organization_id=SITE):
        return log_of(organization_id=SITE)


def hour(
    tenant: Tenant, seal: Callable[[], int], number: int = 0, *, entries: int = 1
) -> datetime:
    """One hour passes: the log grew, was anchored, and the anchor is proven."""
    at = AT + timedelta(hours=number)
    for _ in range(entries):
        tenant.record()
    seal()
    services.anchor(actor=Actor.system("anchors"), at=at)
    seal()
    services.prove()
    return at


def anchors(tenant: Tenant) -> list[AuditAnchor]:
    with scoping.organization(organization_id=tenant.id):
        return list(AuditAnchor.objects.order_by("hour"))


def outcomes(party: Party) -> list[str]:
    """How each recorded attestation ended, oldest first."""
    with scoping.organization(organization_id=SITE):
        rows = AuditEntry.objects.order_by("id").values_list("leaf", flat=True)
        leaves = [json.loads(bytes(leaf)) for leaf in rows]
    return [one["outcome"] for one in leaves if one["action"] == party.action]


def demand_killed_is_asked_again(
    party: Party, ask: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker dies before it kept an answer; the next one waits for its lease."""

    class Killed(BaseException):
        pass

    def die(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(turns, "kept", die)
        with pytest.raises(Killed):
            ask()
    assert ask() == 0, "another worker's lease is respected"
    change(party, "leased_until = now() - interval '1s'")
    assert ask() == 1


def demand_whole(party: Party, broken: dict[str, str]) -> None:
    """`broken` names changes that no row survives, and the constraints they meet."""
    table = party.model._meta.db_table
    broken = broken | {f"{table} set failures = 1": f"{table}_problem_whole"}
    for update, name in broken.items():
        with (
            pytest.raises(IntegrityError, match=name),
            transaction.atomic(using="owner"),
            connections["owner"].cursor() as cursor,
        ):
            cursor.execute(f"update {update}")


def demand_hidden(party: Party, tenant: Tenant) -> None:
    """No organization sees what is known of the site."""
    with (
        scoping.organization(organization_id=tenant.id),
        connections["default"].cursor() as cursor,
    ):
        cursor.execute(f"select count(*) from {party.model._meta.db_table}")
        assert cursor.fetchone() == (0,)


def change(party: Party, update: str) -> None:
    """What somebody with the database in hand would do."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(f"update {party.model._meta.db_table} set {update}")
