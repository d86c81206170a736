"""What widens a hold's coverage keeps purge batches out until it commits."""

import pytest
from django.db import OperationalError, connections, transaction

from kit import coverage
from retention.holds import locking
from tests import cast
from tests.cast import NOON
from tests.retention import simple
from tests.retention.conftest import Stage, staged
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


def test_without_a_lock_nothing_is_widened(monkeypatch) -> None:
    monkeypatch.setattr(coverage, "_locks", [])

    with pytest.raises(coverage.NoLockIsRegistered):
        coverage.before_widening()
