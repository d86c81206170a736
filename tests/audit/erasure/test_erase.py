"""A person is erased from a log: details and salts go, every proof stays."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, connection, connections

from audit.erasure import guards, rules, services
from audit.erasure.models import AuditErasure, ErasureState
from audit.erasure.services import PersonIsHeld, Subject
from audit.explorer import selectors as explorer
from audit.log import details
from audit.log.leaf import Leaf
from audit.log.models import AuditDetail, AuditEntry
from audit.log.selectors import Log, log_of
from audit.verification.walk import walk
from kit import scoping
from kit.actor import Actor
from kit.permissions import PermissionDenied
from tests.audit.conftest import AT, MARA, Tenant

pytestmark = pytest.mark.django_db(transaction=True)

IFE = Actor(
    kind=MARA.kind,
    id="22222222-2222-4333-8444-555555555555",
    label="ife.adeyemi@halden.example",
    permissions=MARA.permissions,
    ip="203.0.113.77",
)
SUBJECT = Subject(
    id=IFE.id,
    ids=(str(UUID(int=55)),),
    addresses=("Ife.Adeyemi@halden.example",),
    names=("Ife Adeyemi",),
)
TABLES = ("audit_entry", "audit_detail", "audit_facet", "audit_erasure")


@pytest.fixture
def here(halden: Tenant) -> Log:
    with scoping.organization(organization_id=halden.id):
        return log_of(organization_id=halden.id)


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a guard says; empty for nothing."""
    said: list[str] = []
    monkeypatch.setattr(guards, "_known", [lambda *_: "".join(said)])
    return said


def fill(halden: Tenant, seal: Callable[[], int]) -> None:
    halden.record(actor=IFE, changes={"days": (30, 90)})
    halden.record(details={"email": "ife.adeyemi@halden.example", "seat": "full"})
    wide = {"to": "Ife Adeyemi <IFE.ADEYEMI@HALDEN.EXAMPLE>"}
    halden.record(details={"invited": ["x", wide]})
    halden.record(details={"email": "noor@halden.example"})
    seal()


def dump() -> bytes:
    """Every column of the log's tables, details opened as an owner of keys could."""
    found = []
    with connections["sweeper"].cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"select t::text from {table} t")
            found += [row[0].encode() for row in cursor.fetchall()]
    return b"\n".join(found)


def says(value: Any, *words: str) -> bool:
    return any(word in repr(value).casefold() for word in words)


def opened(halden: Tenant, here: Log) -> list[details.Detail]:
    with scoping.organization(organization_id=halden.id):
        leaves = {
            row.pk: Leaf.parse(bytes(row.leaf)) for row in AuditEntry.objects.all()
        }
        return [
            one
            for row in AuditDetail.objects.all()
            for one in details.opened(
                bytes(row.sealed),
                leaf_id=leaves[row.entry_id].id,
                part=row.part,  # type: ignore[arg-type]
                key_id=here.key_id,
            )
        ]


def erase(halden: Tenant, here: Log, seal: Callable[[], int]) -> AuditErasure:
    with scoping.organization(organization_id=halden.id):
        services.request(actor=MARA, log=here, subject=SUBJECT, at=AT)
    services.work_due(at=AT)
    seal()
    with scoping.organization(organization_id=halden.id):
        return AuditErasure.objects.get()


def test_nothing_of_the_person_stays_and_every_proof_holds(
    halden: Tenant, here: Log, seal: Callable[[], int]
) -> None:
    fill(halden, seal)
    theirs = [
        one for one in opened(halden, here) if says(one.value, "ife", IFE.id, IFE.ip)
    ]
    assert len(theirs) == 5

    row = erase(halden, here, seal)

    assert (row.state, row.sealed) == (ErasureState.DONE, None)
    assert (row.acted_n, row.mentioned_n) == (1, 2)
    left = opened(halden, here)
    assert not {one.salt for one in theirs} & {one.salt for one in left}
    assert not [one for one in left if says(one.value, "ife", IFE.id)]
    assert IFE.id.encode() not in dump()
    assert {one.name for one in left} >= {"detail.seat", "change.days"}
    assert walk(here, using="sequencer").finding is None


def test_pages_say_it_is_withheld_and_others_stay(
    halden: Tenant, here: Log, seal: Callable[[], int]
) -> None:
    fill(halden, seal)
    erase(halden, here, seal)

    with scoping.organization(organization_id=halden.id):
        first = explorer.entry(log=here, epoch=1, index=0)
        last = explorer.entry(log=here, epoch=1, index=3)

    assert first is not None
    assert (first.who, first.is_true) == ("", True)
    assert last is not None
    assert last.opened["detail.email"] == "noor@halden.example"
    assert last.who == MARA.label


def test_the_record_of_it_names_nobody(
    halden: Tenant, here: Log, seal: Callable[[], int]
) -> None:
    fill(halden, seal)
    erase(halden, here, seal)

    with scoping.organization(organization_id=halden.id):
        leaves = [Leaf.parse(bytes(e.leaf)) for e in AuditEntry.objects.order_by("id")]

    acts = [leaf for leaf in leaves if leaf.action.startswith("audit.erasure")]
    assert [leaf.action for leaf in acts] == [
        "audit.erasure.requested",
        "audit.erasure.completed",
    ]
    assert dict(acts[1].counts) == {"acted": 1, "mentioned": 2}


def test_a_hold_keeps_them_until_it_is_released(
    halden: Tenant, here: Log, seal: Callable[[], int], held: list[str]
) -> None:
    fill(halden, seal)
    held.append("A legal hold is over this person.")
    with pytest.raises(PersonIsHeld, match="legal hold"):
        services.demand_free(log=here, person=IFE.id, at=AT)

    row = erase(halden, here, seal)
    assert (row.state, row.acted_n) == (ErasureState.HELD, 0)

    held.clear()
    services.work_due(at=AT + services.LOOK_AGAIN)
    with scoping.organization(organization_id=halden.id):
        assert AuditErasure.objects.get().state == ErasureState.DONE


def test_what_is_not_sealed_yet_is_waited_for(
    halden: Tenant, here: Log, seal: Callable[[], int]
) -> None:
    halden.record(actor=IFE)
    with scoping.organization(organization_id=halden.id):
        services.request(actor=MARA, log=here, subject=SUBJECT, at=AT)
    services.work_due(at=AT)
    with scoping.organization(organization_id=halden.id):
        assert AuditErasure.objects.get().state == ErasureState.DUE

    seal()
    services.work_due(at=AT + services.LOOK_AGAIN)

    with scoping.organization(organization_id=halden.id):
        assert AuditErasure.objects.get().state == ErasureState.DONE
    assert IFE.id.encode() not in dump()


def test_a_worker_killed_in_between_goes_on_where_it_was(
    halden: Tenant,
    here: Log,
    seal: Callable[[], int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fill(halden, seal)
    monkeypatch.setattr(services, "WINDOW", 2)
    real, calls = services._erase, []

    def dying(*given: Any, **more: Any) -> Any:
        calls.append(1)
        done = real(*given, **more)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return done

    monkeypatch.setattr(services, "_erase", dying)
    with pytest.raises(KeyboardInterrupt):
        erase(halden, here, seal)
    services.work_due(at=AT)

    with scoping.organization(organization_id=halden.id):
        row = AuditErasure.objects.get()
    assert row.mentioned_n == 2
    assert row.acted_n == 1


def test_nobody_without_the_permission_asks(halden: Tenant, here: Log) -> None:
    nobody = Actor(kind=MARA.kind, id=MARA.id, label="x")
    with (
        scoping.organization(organization_id=halden.id),
        pytest.raises(PermissionDenied),
    ):
        services.request(actor=nobody, log=here, subject=SUBJECT, at=AT)


def test_the_database_demands_that_it_is_forgotten(halden: Tenant) -> None:
    with (
        pytest.raises(IntegrityError, match="audit_erasure_forgets_whom"),
        scoping.organization(organization_id=halden.id),
        connection.cursor(),
    ):
        AuditErasure.objects.create(
            organization_id=halden.id,
            sealed=b"x",
            state=ErasureState.DONE,
            until_id=0,
            requested_at=AT,
            due_at=AT,
            ended_at=AT,
        )


@pytest.mark.parametrize(
    ("value", "is_said"),
    [
        ("to IFE@x.example now", True),
        (["a", {"k": "ife@x.example"}], True),
        ({"ife@x.example": 1}, True),
        (" Ife ", True),
        ("strife, ife", False),
        ("strife@x.example", False),
        ("a+ife@x.example", False),
        ("ife@x.example2", False),
        (f"scope member {UUID(int=55)}", True),
        ("asked by Noor Ife's team, and 'Noor Ife'.", True),
        ("noor ifeanyi", False),
        ("somebody@noor ife", False),
        (7, False),
        (None, False),
    ],
)
def test_what_mentions_a_person(value: Any, is_said: bool) -> None:
    needles = rules.needles(
        ids=(str(UUID(int=55)),),
        addresses=("Ife@x.example",),
        names=("Ife", "Noor Ife"),
    )

    assert rules.mentions(value, needles) is is_said


def test_an_organization_whose_key_does_not_open_keeps_no_other_waiting(
    halden: Tenant, brightwater: Tenant, seal: Callable[[], int]
) -> None:
    for tenant in (halden, brightwater):
        tenant.record(actor=IFE)
        with scoping.organization(organization_id=tenant.id):
            log = log_of(organization_id=tenant.id)
            services.request(actor=MARA, log=log, subject=SUBJECT, at=AT)
    seal()
    with scoping.organization(organization_id=halden.id):
        key = log_of(organization_id=halden.id).key_id
    with connections["vault"].cursor() as cursor:
        cursor.execute(
            "update vault_vaultkey set wrapped = 'damaged' where id = %s", [key]
        )

    services.work_due(at=AT)

    states = {}
    for tenant in (halden, brightwater):
        with scoping.organization(organization_id=tenant.id):
            states[tenant.slug] = AuditErasure.objects.get().state
    assert states == {"halden": ErasureState.DUE, "brightwater": ErasureState.DONE}
