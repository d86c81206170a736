"""Lowering a ceiling: what stands above it, the preview, and the job that lowers."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client

from kit import clock
from kit.permissions import PermissionDenied
from tests import cast
from tests.cast import NOON, OPERATOR, Person
from tests.workspaces.gpts import studio
from workspaces.access.features import Feature
from workspaces.access.models import CustomRole, RoleAssignment, RoleSetting
from workspaces.gpts import selectors, services
from workspaces.gpts.models import Gpt
from workspaces.gpts.rules import Rights
from workspaces.gpts.services import lowering
from workspaces.gpts.services.lowering import NothingAbove
from workspaces.jobs import services as jobs
from workspaces.jobs.models import Job
from workspaces.members.models import Membership
from workspaces.tenancy.seats import SeatType
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = pytest.mark.django_db(databases=["default", "owner", "vault"])

HOME = "/w/halden-engineering/gpts/governance/ceilings/"


@pytest.fixture
def where() -> WorkspaceRef:
    return cast.workspace()


@pytest.fixture
def admin(where: WorkspaceRef) -> Person:
    return cast.admin(where)


@pytest.fixture
def jun(where: WorkspaceRef) -> Person:
    return cast.member(where)


@pytest.fixture
def client(admin: Person) -> Client:
    return admin.client()


def above(where: WorkspaceRef) -> dict[str, str]:
    with studio.opened(where):
        found = selectors.above(workspace=where)
        return {str(o.gpt.public_id): o.lowered.visibility for o in found}


def a_role(where: WorkspaceRef, who: Person, level: str) -> None:
    with studio.opened(where):
        role = CustomRole.objects.create(
            workspace_id=where.id, name=level, folded_name=level, created_at=NOON
        )
        RoleSetting.objects.create(
            workspace_id=where.id,
            role=role,
            feature=Feature.GPTS_SHARE.value,
            value=level,
        )
        RoleAssignment.objects.create(
            workspace_id=where.id,
            role=role,
            membership=who.membership,
            assigned_at=NOON,
        )


def test_nothing_is_above_while_the_ceiling_stands(
    where: WorkspaceRef, jun: Person, client: Client
) -> None:
    studio.make(jun, level="workspace")

    assert above(where) == {}
    assert "Everything is within its ceiling" in client.get(HOME).content.decode()


def test_a_lower_ceiling_shows_what_stands_above(
    where: WorkspaceRef, jun: Person, client: Client
) -> None:
    gpt = studio.make(jun, level="workspace")
    studio.make(jun, level="workspace_with_link")

    studio.ceiling(where, "workspace_with_link")

    assert above(where) == {str(gpt.public_id): "workspace_with_link"}
    page = client.get(HOME).content.decode()
    assert "1 GPT is shared further" in page
    assert "Bring 1 GPT down" in page


def test_a_role_gives_a_ceiling_of_its_own(where: WorkspaceRef, jun: Person) -> None:
    noor = cast.analyst(where)
    high = studio.make(jun, level="workspace")
    low = studio.make(noor, level="workspace")
    a_role(where, jun, "workspace")

    studio.ceiling(where, "invite_only")

    assert set(above(where)) == {str(low.public_id)}
    assert str(high.public_id) not in above(where)


def test_the_evaluator_agrees_about_many(where: WorkspaceRef, jun: Person) -> None:
    noor, admin = cast.analyst(where), cast.admin(where)
    a_role(where, jun, "gpt_store")
    a_role(where, noor, "none")
    a_role(where, noor, "invite_only")
    people = [one.membership for one in (jun, noor, admin)]

    with studio.opened(where):
        ids = [one.pk for one in people]
        together = selectors.ceilings_of(owner_ids=ids, workspace=where)
        alone = {one.pk: str(selectors.share_level_of(member=one)) for one in people}

    assert together == alone


def test_without_the_public_what_is_public_stands_above(
    where: WorkspaceRef, jun: Person, admin: Person
) -> None:
    gpt = studio.publish(jun, admin)
    assert above(where) == {}

    services.set_public(actor=admin.actor, workspace=where, allows=False, at=NOON)

    assert above(where) == {str(gpt.public_id): "workspace"}


def test_the_job_lowers_and_records_each(
    where: WorkspaceRef, jun: Person, client: Client, recorded: Any
) -> None:
    gpt = studio.make(jun, level="workspace")
    shared = studio.make(jun)
    give(jun, shared, cast.analyst(where))
    studio.ceiling(where, "none")

    answer = client.post(f"{HOME}downgrade/")
    run(where)

    assert "/jobs/" in answer["Location"]
    assert studio.row(where, gpt.public_id).visibility == "invite_only"
    assert studio.row(where, shared.public_id).recipient_count == 0
    assert above(where) == {}
    changes = recorded(where, "workspaces.gpt.downgraded")
    assert [one["change.visibility"] for one in changes] == [
        ["workspace", "invite_only"],
        ["invite_only", "invite_only"],
    ]


def test_a_job_that_runs_twice_lowers_once(
    where: WorkspaceRef, jun: Person, admin: Person, recorded: Any
) -> None:
    studio.make(jun, level="workspace")
    studio.ceiling(where, "invite_only")
    for _ in range(2):
        lowering.ask(actor=admin.actor, workspace=where, at=NOON)

    run(where)

    assert len(recorded(where, "workspaces.gpt.downgraded")) == 1


def test_what_came_down_meanwhile_is_left(
    where: WorkspaceRef, jun: Person, admin: Person
) -> None:
    gpt = studio.make(jun, level="workspace")
    studio.ceiling(where, "invite_only")
    lowering.ask(actor=admin.actor, workspace=where, at=NOON)
    studio.ceiling(where, "workspace")

    run(where)

    assert studio.row(where, gpt.public_id).visibility == "workspace"


def test_nothing_above_is_no_job(where: WorkspaceRef, admin: Person) -> None:
    with pytest.raises(NothingAbove):
        lowering.ask(actor=admin.actor, workspace=where, at=NOON)


def test_a_member_lowers_nothing(where: WorkspaceRef, jun: Person) -> None:
    with pytest.raises(PermissionDenied):
        lowering.ask(actor=jun.actor, workspace=where, at=NOON)


def test_what_nobody_else_uses_stands_above_nothing(
    where: WorkspaceRef, jun: Person
) -> None:
    gpt: Gpt = studio.make(jun)

    studio.ceiling(where, "none")

    assert str(gpt.public_id) not in above(where)


def test_what_every_owner_may_is_not_looked_at(
    where: WorkspaceRef, jun: Person, django_assert_max_num_queries: Any
) -> None:
    studio.make(jun, level="workspace")
    a_role(where, cast.analyst(where), "gpt_store")

    with studio.opened(where), django_assert_max_num_queries(6) as seen:
        assert selectors.overview(workspace=where).total == 0
    assert not any("groupmember" in one["sql"] for one in seen.captured_queries)


def test_the_gpts_of_a_seat_without_them_stand_above(
    where: WorkspaceRef, jun: Person
) -> None:
    gpt = studio.make(jun, level="invite_only")
    give(jun, gpt, cast.analyst(where))
    other = studio.make(cast.officer(where), level="workspace")
    with studio.opened(where):
        Membership.objects.filter(pk=jun.membership.pk).update(seat=SeatType.CODE)

    assert str(gpt.public_id) in above(where)
    assert str(other.public_id) not in above(where)


@pytest.mark.slow
def test_ten_thousand_are_counted_and_lowered_together(
    where: WorkspaceRef, jun: Person, django_assert_max_num_queries: Any
) -> None:
    many(where, jun, 10_000)
    studio.ceiling(where, "invite_only")

    with studio.opened(where), django_assert_max_num_queries(100):
        found = selectors.overview(workspace=where)
    assert (found.total, len(found.shown)) == (10_000, 100)

    with studio.opened(where):
        some = [one.gpt.pk for one in found.shown]
    with studio.opened(where), django_assert_max_num_queries(12 + 8 * 100):
        done = lowering.lower(actor=OPERATOR, workspace=where, ids=some, at=NOON)
    assert done == 100
    with studio.opened(where):
        assert selectors.overview(workspace=where).total == 9_900


def test_the_job_goes_a_hundred_at_a_time_and_tells(
    where: WorkspaceRef, jun: Person
) -> None:
    many(where, jun, 120)
    studio.ceiling(where, "invite_only")
    told: list[tuple[int, int]] = []

    done = lowering.lower_all(
        actor=OPERATOR,
        workspace=where,
        tell=lambda so_far, total: told.append((so_far, total)),
        now=lambda: NOON,
    )

    assert done == 120
    assert told == [(100, 120), (120, 120)]


def many(where: WorkspaceRef, owner: Person, number: int) -> None:
    """GPTs past the services, each shared with the workspace."""
    with studio.opened(where), connection.cursor() as cursor:
        cursor.execute(
            "insert into workspaces_gpt (workspace_id, public_id, owner_id,"
            " is_unassigned, visibility, latest_number, recipient_count, editor_count,"
            " file_count, byte_count, plan_written, key_id, key_made_at, created_at,"
            " updated_at) select %s, gen_random_uuid(), %s, false, 'workspace', 1, 0,"
            " 0, 0, 0, 'team', gen_random_uuid(), now(), now(), now()"
            " from generate_series(1, %s)",
            [where.id, owner.membership.pk, number],
        )


def give(owner: Person, gpt: Gpt, to: Person) -> None:
    services.give(
        actor=owner.actor,
        workspace=owner.workspace,
        gpt=gpt.public_id,
        rights=Rights.named("read"),
        email=to.user.email,
        at=NOON,
    )


def run(where: WorkspaceRef) -> None:
    jobs.run_due(clock=clock.now)
    with studio.opened(where):
        states = set(Job.objects.values_list("state", flat=True))
    assert states == {"done"}
