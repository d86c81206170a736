"""The rules about when a new version takes force, as a table."""

from datetime import UTC, datetime, timedelta

import pytest

from retention.eligibility.rules import Version
from retention.policies.rules import governs, in_force_from
from workspaces.tenancy.plans import RetentionSetter

T0 = datetime(2026, 1, 1, tzinfo=UTC)
GRACE = timedelta(hours=24)


def version(days: int | None, undo_days: int) -> Version:
    return Version(number=1, days=days, undo_days=undo_days, set_at=T0, in_force_at=T0)


@pytest.mark.parametrize(
    ("current", "days", "undo", "waits"),
    [
        (None, 90, 7, True),
        (None, None, 7, False),
        ((365, 7), 90, 7, True),
        ((90, 7), 365, 7, False),
        ((90, 7), None, 7, False),
        ((None, 7), 90, 7, True),
        ((90, 7), 90, 0, True),
        ((90, 0), 90, 7, False),
        ((90, 7), 365, 0, True),
    ],
)
def test_only_a_shortening_waits_for_the_grace_period(current, days, undo, waits):
    before = version(*current) if current else None

    found = in_force_from(current=before, days=days, undo_days=undo, at=T0, grace=GRACE)

    assert found == (T0 + GRACE if waits else T0)


@pytest.mark.parametrize(
    ("setter", "own", "workspaces"),
    [
        (RetentionSetter.MEMBER, True, False),
        (RetentionSetter.ADMINS, False, True),
        (RetentionSetter.FIXED, False, False),
    ],
)
def test_the_plan_says_whose_versions_count(setter, own, workspaces):
    assert governs(setter, is_own=True) is own
    assert governs(setter, is_own=False) is workspaces
