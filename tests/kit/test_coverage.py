"""What widens a hold's coverage keeps purge batches out until it commits."""

from collections.abc import Callable

import pytest
from django.db import OperationalError, connections, transaction

from kit import coverage
from retention.holds import locking
from tests import cast
from tests.cast import NOON, OPERATOR
from tests.retention import simple
from tests.retention.conftest import Stage, staged
from tests.workspaces.gpts import studio
from workspaces.gpts import services as services_of_gpts
from workspaces.members import services as members
from workspaces.offboarding.models import Departure
from workspaces.offboarding.services import offboard
from workspaces.projects import selectors, services


@pytest.fixture
def stage(transactional_db: None) -> Stage:
    return staged(cast.workspace())


def _batch_begins() -> None:
    with (
        transaction.atomic(using="sweeper"),
        connections["sweeper"].cursor() as cursor,
    ):
        cursor.execute("set local lock_timeout = '100ms'")
        locking.before_purging(using="sweeper")


def test_putting_a_file_into_a_project_keeps_batches_waiting(stage: Stage) -> None:
    project = simple.project(stage)

    with stage.scope():
        seen = selectors.one(
            member=stage.member.membership,
            project=project.public_id,
            workspace=stage.workspace.public_id,
        )
        services.add_file(
            actor=stage.member.actor,
            workspace=stage.workspace,
            member=stage.member.membership,
            seen=seen,
            name="a.txt",
            content=b"abc",
            at=NOON,
        )
        with pytest.raises(OperationalError):
            _batch_begins()
    _batch_begins()


def _version(stage: Stage) -> None:
    services_of_gpts.save_version(
        actor=stage.member.actor,
        workspace=stage.workspace,
        gpt=studio.make(stage.member).public_id,
        draft=studio.draft(instructions="Be brief."),
        at=NOON,
    )


def _new_owner(stage: Stage) -> None:
    services_of_gpts.reassign(
        actor=cast.admin(stage.workspace).actor,
        workspace=stage.workspace,
        gpt=studio.make(stage.member).public_id,
        member=cast.analyst(stage.workspace).membership.public_id,
        at=NOON,
    )


def _leave(stage: Stage) -> None:
    studio.make(stage.member)
    offboard(
        actor=OPERATOR,
        workspace=stage.workspace,
        member=stage.member.membership.public_id,
        departure=Departure.REMOVED,
        at=NOON,
    )


def _return(stage: Stage) -> None:
    _leave(stage)
    members.add(
        actor=OPERATOR,
        workspace=stage.workspace,
        email=stage.member.user.email,
        role="member",
        at=NOON,
    )


@pytest.mark.parametrize("act", [_version, _new_owner, _leave, _return])
def test_gpts_that_get_an_author_or_owner_keep_batches_waiting(
    stage: Stage, act: Callable[[Stage], None]
) -> None:
    with stage.scope():
        act(stage)
        with pytest.raises(OperationalError):
            _batch_begins()
    _batch_begins()


def test_without_a_lock_nothing_is_widened(monkeypatch) -> None:
    monkeypatch.setattr(coverage, "_locks", [])

    with pytest.raises(coverage.NoLockIsRegistered):
        coverage.before_widening()
