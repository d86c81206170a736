"""Pages below retention show what it says is visible, or nothing at all."""

import pytest

from tests import cast
from tests.cast import NOON
from tests.retention.conftest import Stage, days_ago, staged
from workspaces.content import visibility


@pytest.fixture
def stage(db: None) -> Stage:
    return staged(cast.workspace())


def test_deleted_and_expired_conversations_are_not_visible(stage: Stage) -> None:
    stage.set_policy(30)
    seen = stage.conversation(age=1)
    stage.conversation(age=40)
    stage.conversation(age=1, deleted_at=days_ago(1), deleted_by="owner")

    with stage.scope():
        found = visibility.visible_to(
            workspace=stage.workspace, membership_id=stage.member.membership.pk, at=NOON
        )
        assert [row.pk for row in found] == [seen.pk]


def test_where_nobody_decides_nothing_is_shown(stage: Stage, monkeypatch) -> None:
    monkeypatch.setattr(visibility, "_answers", [])

    with pytest.raises(visibility.NobodyDecides):
        visibility.visible_to(
            workspace=stage.workspace, membership_id=stage.member.membership.pk, at=NOON
        )
