"""Old entries go tile by tile, on record; proofs stay, other holes are found."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, ProgrammingError, connections, transaction

from audit import recording
from audit.expiry import services as expiring
from audit.expiry.guards import Kept
from audit.log import epochs, pruned, sequencer
from audit.log.leaf import Leaf
from audit.log.models import AuditDetail, AuditEntry, AuditFacet
from audit.log.pruned import Boundary
from audit.log.selectors import Log, log_of
from audit.pruning import readers, rules, selectors, services
from audit.pruning.models import AuditPruning
from audit.pruning.services import working
from audit.recording import Target
from audit.verification.flaws import Finding, Flaw
from audit.verification.walk import walk
from kit import scoping
from kit.permissions import PermissionDenied
from tests.audit.conftest import AT, MARA, Tenant

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("kept")]

OLD = timedelta(days=800)
DAY = timedelta(days=1)
START = AT + rules.GRACE
GOES = START + rules.WAIT


@pytest.fixture
def here(halden: Tenant) -> Log:
    with scoping.organization(organization_id=halden.id):
        return log_of(organization_id=halden.id)


def record(tenant: Tenant, count: int, age: timedelta = OLD, **given: Any) -> None:
    given = {"actor": MARA, "target": Target(kind="policy", id=UUID(int=9))} | given
    with scoping.organization(organization_id=tenant.id):
        for _ in range(count):
            recording.record(
                action="retention.policy.set",
                organization_id=tenant.id,
                at=AT - age,
                **given,
            )


def keep(tenant: Tenant, log: Log, days: int | None, at: datetime = AT) -> None:
    with scoping.organization(organization_id=tenant.id):
        services.set_days(actor=MARA, log=log, days=days, at=at)


def prune(*, at: datetime = START) -> None:
    """Plans at a time, and takes what was planned an hour later."""
    services.work_due(at=at)
    sequencer.seal(at=at)
    services.work_due(at=at + rules.WAIT)
    sequencer.seal(at=at + rules.WAIT)


@pytest.fixture
def log(halden: Tenant, here: Log, seal: Callable[[], int]) -> Log:
    """Old entries in two blocks, and ten young ones; 700 in all, kept for 500 days."""
    record(halden, 300)
    seal()
    record(halden, 390)
    record(halden, 10, DAY)
    seal()
    keep(halden, here, 500)
    seal()
    return here


def row(tenant: Tenant) -> AuditPruning:
    with scoping.organization(organization_id=tenant.id):
        return AuditPruning.objects.get()


def left(tenant: Tenant) -> list[int]:
    with scoping.organization(organization_id=tenant.id):
        places = AuditFacet.objects.order_by("epoch", "index")
        return list(places.values_list("index", flat=True))


def records(tenant: Tenant) -> list[tuple[str, str, dict[str, int]]]:
    with scoping.organization(organization_id=tenant.id):
        leaves = [Leaf.parse(bytes(e.leaf)) for e in AuditEntry.objects.order_by("id")]
    told = [leaf for leaf in leaves if "prun" in leaf.action]
    return [(one.action, one.outcome, dict(one.counts)) for one in told]


def finding(log: Log) -> Finding | None:
    return walk(log, using="sequencer").finding


def as_superuser(*statements: str) -> None:
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("set local custos.audit_door = 'open'")
        for statement in statements:
            cursor.execute(statement)


def entry(index: int) -> str:
    return f"(select entry_id from audit_facet where index = {index} limit 1)"


def test_whole_tiles_of_old_entries_go_and_the_log_still_holds(
    halden: Tenant, log: Log
) -> None:
    prune()

    assert left(halden)[0] == 512
    with scoping.organization(organization_id=halden.id):
        assert AuditEntry.objects.count() == len(left(halden))
        assert AuditDetail.objects.order_by("entry_id").first() is not None
        assert selectors.boundary() == Boundary(epoch=1, index=512)
        assert "Pruned below index 512 of epoch 1" in selectors.sentence(
            selectors.boundary()
        )
    result = walk(log, using="sequencer")
    assert (result.finding, result.pruned, result.entries) == (None, 512, 703)
    assert records(halden) == [
        (
            pruned.PLANNED,
            "success",
            {"epoch": 1, "index": 512, "number": 1, "entries": 512},
        ),
        (
            pruned.PRUNED,
            "success",
            {"epoch": 1, "index": 512, "number": 2, "entries": 512},
        ),
    ]


def test_nothing_goes_before_its_grace_its_seal_and_its_hour(
    halden: Tenant, log: Log
) -> None:
    services.work_due(at=START - timedelta(minutes=1))
    assert records(halden) == []
    services.work_due(at=START)
    services.work_due(at=GOES)
    assert left(halden)[0] == 0
    sequencer.seal(at=START)
    services.work_due(at=GOES - timedelta(minutes=1))
    assert left(halden)[0] == 0
    assert finding(log) is None

    services.work_due(at=GOES)

    assert left(halden)[0] == 512
    assert finding(log) is None


def test_killed_in_the_middle_it_goes_on_and_holds_all_the_while(
    halden: Tenant, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(working, "BATCH", rules.TILE)
    monkeypatch.setattr(working, "ROUNDS", 1)
    services.work_due(at=START)
    sequencer.seal(at=START)
    services.work_due(at=GOES)
    assert left(halden)[0] == 256
    assert walk(log, using="sequencer").pruned == 256
    assert finding(log) is None

    monkeypatch.setattr(working, "ROUNDS", 10)
    services.work_due(at=GOES)

    assert left(halden)[0] == 512
    assert row(halden).until_epoch is None
    assert finding(log) is None


def test_what_a_hold_covers_stays_and_all_after_it(
    halden: Tenant, here: Log, seal: Callable[[], int], kept: list[Kept]
) -> None:
    place = uuid4()
    record(halden, 300)
    record(halden, 1, workspace=place)
    record(halden, 300)
    seal()
    keep(halden, here, 500)
    kept.append(Kept(workspaces=(place,)))

    prune()
    assert left(halden)[0] == 256
    with scoping.organization(organization_id=halden.id):
        seen = selectors.preview(organization_id=halden.id, days=500, at=START)
    assert (seen.entries, seen.waits_for_hold) == (0, True)

    kept.clear()
    prune(at=START + 2 * DAY)
    assert left(halden)[0] == 512
    assert finding(here) is None


@pytest.mark.parametrize("why", ["hold", "for ever", "stream"])
def test_what_needs_entries_after_the_plan_stops_the_run(
    halden: Tenant,
    log: Log,
    kept: list[Kept],
    why: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    services.work_due(at=START)
    sequencer.seal(at=START)
    if why == "hold":
        kept.append(Kept(people=(UUID(MARA.id),)))
    elif why == "stream":
        monkeypatch.setattr(readers, "_known", [lambda _organization: (1, 100)])
    else:
        keep(halden, log, None, at=START)
    services.work_due(at=GOES)
    sequencer.seal(at=GOES)

    assert left(halden)[0] == 0
    assert records(halden)[-1] == (
        pruned.STOPPED,
        "success",
        {"epoch": 1, "index": 0, "number": 2, "entries": 0},
    )
    as_superuser(
        "delete from audit_entry where id in"
        " (select entry_id from audit_facet where index < 256)",
        "delete from audit_facet where index < 256",
    )
    assert finding(log) == Finding(flaw=Flaw.MISSING, epoch=1, index=0)


def test_entries_that_were_tampered_with_stay_to_be_found(
    halden: Tenant, log: Log
) -> None:
    as_superuser(f"update audit_entry set leaf = 'x' where id = {entry(7)}")

    prune()

    assert left(halden)[0] == 0
    with scoping.organization(organization_id=halden.id):
        last = bytes(AuditEntry.objects.order_by("id").values_list("leaf")[702][0])
    told = Leaf.parse(last)
    assert (told.action, told.outcome) == (pruned.STOPPED, "error")
    assert finding(log) == Finding(flaw=Flaw.EDITED, epoch=1, index=7)


def test_hashes_that_were_tampered_with_stop_that_log_and_no_other(
    halden: Tenant, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is no root to sign then, not even for the record that it stops."""
    monkeypatch.setattr(working, "BATCH", rules.TILE)
    monkeypatch.setattr(working, "ROUNDS", 1)
    prune()
    assert left(halden)[0] == 256
    as_superuser(
        "update audit_block set hashes = set_byte(hashes, 0, get_byte(hashes, 0) # 1)"
        f" where organization_id = {halden.id} and first = 0"
    )

    services.work_due(at=GOES)

    assert left(halden)[0] == 256
    assert row(halden).due_at == GOES + rules.RUNS_EVERY


def test_an_epoch_that_ended_goes_to_its_last_entry(
    halden: Tenant, here: Log, seal: Callable[[], int]
) -> None:
    record(halden, 300)
    seal()
    epochs.open_epoch()
    record(halden, 260)
    record(halden, 5, DAY)
    keep(halden, here, 500)
    seal()

    prune()

    with scoping.organization(organization_id=halden.id):
        assert selectors.boundary() == Boundary(epoch=2, index=256)
        assert not AuditFacet.objects.filter(epoch=1).exists()
    result = walk(here, using="sequencer")
    assert (result.finding, result.pruned) == (None, 556)


def test_a_later_run_lets_the_record_of_the_first_go(
    halden: Tenant, log: Log, seal: Callable[[], int]
) -> None:
    prune()
    record(halden, 300, timedelta(0))
    seal()

    prune(at=AT + timedelta(days=600))

    assert left(halden)[0] == 768
    assert records(halden)[0][2]["number"] == 3
    result = walk(log, using="sequencer")
    assert (result.finding, result.pruned) == (None, 768)


def test_an_entry_that_went_otherwise_is_found(halden: Tenant, log: Log) -> None:
    prune()

    as_superuser(f"delete from audit_entry where id = {entry(600)}")

    assert finding(log) == Finding(flaw=Flaw.MISSING, epoch=1, index=600)


def test_entries_beyond_the_boundary_that_went_are_found(
    halden: Tenant, log: Log
) -> None:
    prune()

    as_superuser(
        "delete from audit_entry where id in"
        " (select entry_id from audit_facet where index < 520)",
        "delete from audit_facet where index < 520",
    )

    assert finding(log) == Finding(flaw=Flaw.MISSING, epoch=1, index=512)


def test_a_line_of_the_list_without_its_entry_is_found(
    halden: Tenant, log: Log
) -> None:
    prune()

    as_superuser(
        "insert into audit_facet (organization_id, epoch, index, entry_id, at, action,"
        " outcome, actor_kind, actor, target_kind) select organization_id, epoch, 3,"
        " entry_id, at, action, outcome, actor_kind, actor, target_kind"
        " from audit_facet where index = 600"
    )

    assert finding(log) == Finding(flaw=Flaw.MISLISTED, epoch=1, index=3)


@pytest.mark.parametrize("forgery", ["unsigned", "replayed"])
def test_a_record_of_pruning_that_the_log_did_not_sign_is_found(
    halden: Tenant, log: Log, forgery: str
) -> None:
    """A database superuser may record what he likes, and the sequencer seals it."""
    if forgery == "unsigned":
        with scoping.organization(organization_id=halden.id):
            recording.record(
                actor=working.WORKER,
                action=pruned.PRUNED,
                target=Target(kind="log", id=log.uuid),
                organization_id=halden.id,
                at=AT,
                counts={"epoch": 1, "index": 512, "number": 9, "entries": 512},
                digests={"root": "00" * 32, "signature": "00" * 64},
            )
    else:
        services.work_due(at=START)
        sequencer.seal(at=START)
        keep(halden, log, None, at=START)
        services.work_due(at=GOES)
        as_superuser(
            "insert into audit_entry (organization_id, leaf) select organization_id,"
            " leaf from audit_entry where convert_from(leaf, 'UTF8') like"
            " '%pruning-planned%'"
        )
    sequencer.seal(at=GOES)
    as_superuser(
        "delete from audit_entry where id in"
        " (select entry_id from audit_facet where index < 512)",
        "delete from audit_facet where index < 512",
    )

    assert finding(log) == Finding(flaw=Flaw.MISSING, epoch=1, index=0)


def test_a_forged_record_is_found_though_nothing_went(halden: Tenant, log: Log) -> None:
    with scoping.organization(organization_id=halden.id):
        recording.record(
            actor=working.WORKER,
            action=pruned.PRUNED,
            target=Target(kind="log", id=log.uuid),
            organization_id=halden.id,
            at=AT,
        )
    sequencer.seal(at=AT)

    assert finding(log) == Finding(flaw=Flaw.UNVOUCHED, epoch=1, index=701)


def test_the_database_lets_nothing_go_that_no_sealed_record_names(
    halden: Tenant, log: Log
) -> None:
    services.work_due(at=START)
    with pytest.raises(ProgrammingError, match="no sealed record"):
        _through_the_door(halden, 256)
    sequencer.seal(at=START)
    with pytest.raises(ProgrammingError, match="no sealed record"):
        _through_the_door(halden, 513)
    with pytest.raises(ProgrammingError, match="permission denied"):
        _through_the_door(halden, 256, using="default")

    assert left(halden)[0] == 0


def _through_the_door(tenant: Tenant, end: int, *, using: str = "sweeper") -> None:
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        cursor.execute("select * from custos_prune_log(%s, 1, 0, %s)", [tenant.id, end])


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"days": 364}, "audit_pruning_days_in_bounds"),
        ({"days": 7306}, "audit_pruning_days_in_bounds"),
        ({"until_epoch": 1}, "audit_pruning_run_is_whole"),
        ({"done_epoch": 0}, "audit_pruning_done_is_a_place"),
    ],
)
def test_rows_that_make_no_sense_are_refused(
    halden: Tenant, values: dict[str, Any], constraint: str
) -> None:
    made = {"organization_id": halden.id, "due_at": AT} | values
    with (
        pytest.raises(IntegrityError, match=constraint),
        scoping.organization(organization_id=halden.id),
    ):
        AuditPruning.objects.create(**made)


def test_the_days_have_bounds_a_permission_and_a_record(
    halden: Tenant, here: Log
) -> None:
    nobody = type(MARA)(kind=MARA.kind, id=MARA.id, label="x")
    for days in (364, 7306):
        with pytest.raises(services.DaysOutOfBounds):
            keep(halden, here, days)
    with (
        pytest.raises(PermissionDenied),
        scoping.organization(organization_id=halden.id),
    ):
        services.set_days(actor=nobody, log=here, days=500, at=AT)
    keep(halden, here, 500)
    with scoping.organization(organization_id=halden.id):
        assert not services.set_days(actor=MARA, log=here, days=500, at=AT)
        leaves = [Leaf.parse(bytes(one.leaf)) for one in AuditEntry.objects.all()]
    assert [one.action for one in leaves] == ["audit.log.retention-changed"]
    assert row(halden).due_at == START


def test_fewer_days_of_details_let_entries_go_only_after_the_entries_own_grace(
    halden: Tenant, log: Log
) -> None:
    """Details had kept them longer than the entries' own 500 days."""
    keep_details(halden, log, 900)
    prune()
    assert left(halden)[0] == 0
    shortened = START + 3 * DAY

    keep_details(halden, log, 90, at=shortened)

    prune(at=shortened + rules.GRACE - DAY)
    assert left(halden)[0] == 0
    prune(at=shortened + rules.GRACE + DAY)
    assert left(halden)[0] == 512


def test_more_days_of_details_undo_fewer_within_the_grace(
    halden: Tenant, log: Log
) -> None:
    keep_details(halden, log, 900)
    keep_details(halden, log, 90, at=START)
    keep_details(halden, log, 1_000, at=START + DAY)

    prune(at=START + 2 * rules.GRACE)

    assert left(halden)[0] == 0


def keep_details(tenant: Tenant, log: Log, days: int, at: datetime = AT) -> None:
    with scoping.organization(organization_id=tenant.id):
        expiring.set_days(actor=MARA, log=log, days=days, at=at)


@pytest.mark.parametrize(
    ("shortened_at", "longer", "kept_for"),
    [
        (None, None, 90),
        (AT, 900, 900),
        (AT - rules.GRACE + timedelta(minutes=1), 900, 900),
        (AT - rules.GRACE, 900, 90),
    ],
)
def test_fewer_days_of_details_count_for_entries_after_the_grace(
    shortened_at: datetime | None, longer: int | None, kept_for: int
) -> None:
    found = rules.kept_by_details(
        days=90, longer=longer, shortened_at=shortened_at, at=AT
    )

    assert found == kept_for


def test_more_days_do_not_cut_the_grace_of_fewer_short(
    halden: Tenant, here: Log
) -> None:
    keep(halden, here, 365)

    keep(halden, here, 366, at=AT + DAY)

    assert row(halden).due_at == START
