"""What a scope covers: condition, trigger, count and list agree, row by row."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connections, transaction

from kit import coverage as widening
from retention.holds import counting, coverage, selectors, services
from retention.holds.coverage import Kind
from retention.holds.matters import Named, Narrowing
from retention.holds.models import Hold, HoldScope
from tests.cast import NOON
from tests.retention import simple
from tests.retention.conftest import Stage, days_ago
from workspaces.content.models import Conversation
from workspaces.gpts.models import Gpt, GptVersion


def place(stage: Stage, **names: Any) -> Hold:
    return services.place(
        actor=stage.officer.actor,
        workspace=stage.workspace,
        matter="Lindqvist v. Halden",
        at=NOON,
        **names,
    )


def _held(stage: Stage, kind: Kind) -> set[int]:
    """What the engine's condition holds."""
    with stage.scope(), connections["default"].cursor() as cursor:
        cursor.execute(
            f"select c.id from {kind.table} c where {coverage.held(kind)}", {"at": NOON}
        )
        return {row[0] for row in cursor.fetchall()}


def _refused(kind: Kind, rows: Iterable[int]) -> set[int]:
    """What the database refuses to delete, each in a transaction of its own."""
    found = set()
    for row in rows:
        try:
            with (
                transaction.atomic(using="owner"),
                connections["owner"].cursor() as cursor,
            ):
                cursor.execute(f"delete from {kind.table} where id = %s", [row])
                transaction.set_rollback(True, using="owner")
        except IntegrityError as refusal:
            if "legal hold" in str(refusal):
                found.add(row)
    return found


def _counted(stage: Stage, hold: Hold, kind: Kind) -> int:
    with stage.scope():
        return counting.covered_by(hold=hold).of_kind(kind.name)


def _gpt(stage: Stage, owner: Any, author: Any, **columns: Any) -> Gpt:
    from uuid import uuid4

    with stage.scope():
        row = Gpt.objects.create(
            workspace_id=stage.workspace.id,
            owner_id=owner.membership.pk,
            plan_written=stage.workspace.plan,
            key_id=uuid4(),
            key_made_at=datetime.now(tz=NOON.tzinfo),
            created_at=days_ago(60),
            updated_at=days_ago(60),
            **columns,
        )
        GptVersion.objects.create(
            workspace_id=stage.workspace.id,
            gpt=row,
            number=1,
            author_id=author.membership.pk,
            summary=b"s",
            config=b"c",
            created_at=days_ago(60),
        )
    return row


@pytest.fixture
def world(stage: Stage) -> dict[str, dict[str, int]]:
    """Two members with something of each kind, old and new; ids by kind and name."""
    mine, theirs = stage.member, stage.other
    project = simple.project(stage, mine)
    shared = simple.project(stage, theirs)
    filed = stage.conversation(theirs, age=5)
    gpts = {
        "mine": _gpt(stage, mine, mine),
        "written": _gpt(stage, theirs, mine),
        "theirs": _gpt(stage, theirs, theirs),
        "lent": _gpt(stage, theirs, theirs),
    }
    with stage.scope():
        Conversation.objects.filter(pk=filed.pk).update(project=project)
    return {
        "conversations": {
            "old": stage.conversation(mine, age=400).pk,
            "long": stage.conversation(mine, age=5, created_at=days_ago(400)).pk,
            "new": stage.conversation(mine, age=5).pk,
            "theirs": stage.conversation(theirs, age=5).pk,
            "filed": filed.pk,
        },
        "memories": {
            "mine": simple.memory(stage, mine).pk,
            "theirs": simple.memory(stage, theirs).pk,
        },
        "projects": {"mine": project.pk, "theirs": shared.pk},
        "project_files": {
            "in_mine": simple.file(stage, project, theirs).pk,
            "in_theirs": simple.file(stage, shared, mine).pk,
            "all_theirs": simple.file(stage, shared, theirs).pk,
        },
        "gpts": {name: gpt.pk for name, gpt in gpts.items()},
        "gpt_files": {
            "in_mine": simple.gpt_file(stage, gpts["mine"], theirs).pk,
            "in_written": simple.gpt_file(stage, gpts["written"], theirs).pk,
            "in_theirs": simple.gpt_file(stage, gpts["theirs"], theirs).pk,
            "mine_in_lent": simple.gpt_file(stage, gpts["lent"], mine).pk,
            "theirs_in_lent": simple.gpt_file(stage, gpts["lent"], theirs).pk,
        },
    }


SPAN = Narrowing(from_at=days_ago(350), until_at=days_ago(300))
CASES: list[tuple[str, Any, dict[str, set[str]]]] = [
    (
        "a member",
        lambda w, m: {"membership_ids": [m]},
        {
            "conversations": {"old", "long", "new"},
            "memories": {"mine"},
            "projects": {"mine", "theirs"},
            "project_files": {"in_theirs"},
            "gpts": {"mine", "written", "lent"},
            "gpt_files": {
                *("in_mine", "in_written"),
                *("mine_in_lent", "theirs_in_lent"),
            },
        },
    ),
    (
        "a member's memories",
        lambda w, m: {
            "membership_ids": [m],
            "narrowing": Narrowing(content_kinds=("memories",)),
        },
        {"memories": {"mine"}},
    ),
    (
        "a member's files of projects",
        lambda w, m: {
            "membership_ids": [m],
            "narrowing": Narrowing(content_kinds=("project_files",)),
        },
        {"project_files": {"in_theirs"}, "projects": {"theirs"}},
    ),
    (
        "a member's files of GPTs",
        lambda w, m: {
            "membership_ids": [m],
            "narrowing": Narrowing(content_kinds=("gpt_files",)),
        },
        {"gpt_files": {"mine_in_lent", "theirs_in_lent"}, "gpts": {"lent"}},
    ),
    (
        "a member's GPTs",
        lambda w, m: {
            "membership_ids": [m],
            "narrowing": Narrowing(content_kinds=("gpts",)),
        },
        {
            "gpts": {"mine", "written", "lent"},
            "gpt_files": {
                *("in_mine", "in_written"),
                *("mine_in_lent", "theirs_in_lent"),
            },
        },
    ),
    (
        "a member's life in a span",
        lambda w, m: {"membership_ids": [m], "narrowing": SPAN},
        {"conversations": {"long"}},
    ),
    (
        "a member's creations since a day",
        lambda w, m: {
            "membership_ids": [m],
            "narrowing": Narrowing(
                from_at=days_ago(30),
                dates_of="creation",
                content_kinds=("conversations",),
            ),
        },
        {"conversations": {"new"}},
    ),
    (
        "a conversation",
        lambda w, m: {"conversation_ids": [w["conversations"]["theirs"]]},
        {"conversations": {"theirs"}},
    ),
    (
        "a project",
        lambda w, m: {"project_ids": [w["projects"]["mine"]]},
        {
            "projects": {"mine"},
            "project_files": {"in_mine"},
            "conversations": {"filed"},
        },
    ),
    (
        "a project's conversations",
        lambda w, m: {
            "project_ids": [w["projects"]["mine"]],
            "narrowing": Narrowing(content_kinds=("conversations",)),
        },
        {"projects": {"mine"}, "conversations": {"filed"}},
    ),
    (
        "a GPT",
        lambda w, m: {"gpt_ids": [w["gpts"]["theirs"]]},
        {"gpts": {"theirs"}, "gpt_files": {"in_theirs"}},
    ),
]


@pytest.mark.parametrize(
    ("named", "asked", "expected"), CASES, ids=[case[0] for case in CASES]
)
def test_condition_trigger_and_count_agree(
    stage: Stage, world, named: str, asked: Any, expected: dict[str, set[str]]
) -> None:
    wanted = asked(world, stage.member.membership.pk)
    with stage.scope():
        proposed = counting.would_cover(
            workspace_id=stage.workspace.id, named=Named(**wanted)
        )
    hold = place(stage, **wanted)

    for kind in coverage.kinds():
        known = {pk: name for name, pk in world[kind.name].items()}
        covered = {known[pk] for pk in _held(stage, kind)}
        assert covered == expected.get(kind.name, set()), kind.name
        assert {known[pk] for pk in _refused(kind, known)} == covered, kind.name
        assert _counted(stage, hold, kind) == len(covered)
        assert proposed.of_kind(kind.name) == len(covered)


def test_what_is_written_on_after_the_span_stays_covered(stage: Stage) -> None:
    row = stage.conversation(age=320)
    place(stage, membership_ids=[stage.member.membership.pk], narrowing=SPAN)

    with connections["owner"].cursor() as cursor:
        cursor.execute("update workspaces_conversation set last_activity_at = now()")

    assert _held(stage, coverage.CONVERSATION) == {row.pk}


def test_a_conversation_that_leaves_a_held_project_stays_held(stage: Stage) -> None:
    project = simple.project(stage)
    row = stage.conversation()
    with stage.scope():
        Conversation.objects.filter(pk=row.pk).update(project=project)
    hold = place(stage, project_ids=[project.pk])

    with stage.scope():
        widening.before_widening()
        Conversation.objects.filter(pk=row.pk).update(project=None)

    assert _held(stage, coverage.CONVERSATION) == {row.pk}
    with stage.scope():
        assert selectors.scopes_in_force(hold=hold) == {
            ("project", project.pk),
            ("conversation", row.pk),
        }


def test_a_project_that_changes_hands_stays_held_and_nothing_else_joins(
    stage: Stage,
) -> None:
    project = simple.project(stage)
    place(stage, membership_ids=[stage.member.membership.pk])

    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "update workspaces_project set owner_id = %s",
            [stage.other.membership.pk],
        )
    later = stage.conversation(stage.other)
    with stage.scope():
        Conversation.objects.filter(pk=later.pk).update(project=project)

    kinds = {kind.name: kind for kind in coverage.kinds()}
    assert _held(stage, kinds["projects"]) == {project.pk}
    assert _held(stage, coverage.CONVERSATION) == set()


def test_a_gpt_that_changes_hands_stays_held(stage: Stage) -> None:
    row = _gpt(stage, stage.member, stage.other)
    place(stage, membership_ids=[stage.member.membership.pk])

    with stage.scope():
        widening.before_widening()
        Gpt.objects.filter(pk=row.pk).update(owner_id=stage.other.membership.pk)

    kinds = {kind.name: kind for kind in coverage.kinds()}
    assert _held(stage, kinds["gpts"]) == {row.pk}


def test_what_changes_hands_within_the_grace_keeps_its_date(stage: Stage) -> None:
    project = simple.project(stage)
    place(stage, membership_ids=[stage.member.membership.pk])
    until = NOON + timedelta(days=3650)
    with stage.scope():
        HoldScope.objects.update(released_at=NOON, release_grace_until=until)

    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "update workspaces_project set owner_id = %s", [stage.other.membership.pk]
        )

    with stage.scope():
        kept = HoldScope.objects.get(project_id=project.pk)
    assert (kept.released_at, kept.release_grace_until) == (NOON, until)


def test_a_hold_over_a_purged_conversation_is_refused_aloud(stage: Stage) -> None:
    stage.set_policy(90)
    row = stage.conversation(age=100)
    stage.sweep()

    with (
        stage.scope(),
        pytest.raises(selectors.PurgedBeforeTheHold, match="cannot bring it back"),
    ):
        selectors.conversations_named(public_ids=[row.public_id])


@pytest.mark.parametrize(
    ("constraint", "columns"),
    [
        ("holdscope_names_what_it_covers", "project_id = 1"),
        (
            "holdscope_span_runs_forward",
            "from_at = now(), until_at = now() - '1d'::interval",
        ),
        ("holdscope_wants_some_kind", "content_kinds = '{}'"),
        ("holdscope_dates_known", "dates_of = 'moon'"),
        (
            "holdscope_covers_one_thing_whole",
            "kind = 'gpt', membership_id = null, gpt_id = 1, from_at = now()",
        ),
    ],
)
def test_the_database_refuses_a_scope_that_makes_no_sense(
    stage: Stage, constraint: str, columns: str
) -> None:
    place(stage, membership_ids=[stage.member.membership.pk])

    with (
        pytest.raises(IntegrityError, match=constraint),
        transaction.atomic(using="owner"),
        connections["owner"].cursor() as cursor,
    ):
        cursor.execute(f"update retention_holdscope set {columns}")


@pytest.mark.parametrize(
    ("constraint", "columns"),
    [
        ("releaserequest_decided_who_and_when", "decided_at = now()"),
        (
            "releaserequest_second_person",
            "state = 'confirmed', decided_at = now(), decided_by = requested_by",
        ),
    ],
)
def test_the_database_wants_a_second_person(
    stage: Stage, constraint: str, columns: str
) -> None:
    services.request_release(
        actor=stage.officer.actor,
        workspace=stage.workspace,
        hold=place(stage, membership_ids=[stage.member.membership.pk]),
        reason="settled",
        at=NOON,
    )

    with (
        pytest.raises(IntegrityError, match=constraint),
        transaction.atomic(using="owner"),
        connections["owner"].cursor() as cursor,
    ):
        cursor.execute(f"update retention_releaserequest set {columns}")


def test_the_database_keeps_the_grace_inside_the_promise(stage: Stage) -> None:
    services.set_grace(
        actor=stage.officer.actor, workspace=stage.workspace, days=7, at=NOON
    )

    with (
        pytest.raises(IntegrityError, match="releasegrace_inside_the_promise"),
        transaction.atomic(using="owner"),
        connections["owner"].cursor() as cursor,
    ):
        cursor.execute("update retention_releasegrace set days = 29")


def test_the_plain_case_asks_hashes_only(stage: Stage) -> None:
    """One look at the few rows of holds, not one for each conversation."""
    with stage.scope(), connections["default"].cursor() as cursor:
        cursor.execute(
            "explain select count(*) from workspaces_conversation c"
            f" where not {coverage.held(coverage.CONVERSATION)}",
            {"at": NOON},
        )
        plan = " ".join(row[0] for row in cursor.fetchall())

    assert "hashed SubPlan" in plan
