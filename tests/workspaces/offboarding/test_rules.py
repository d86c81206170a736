"""How long a call that failed waits, as a table."""

from datetime import timedelta

import pytest

from workspaces.offboarding import rules


@pytest.mark.parametrize(
    ("tries", "wait"),
    [
        (1, timedelta(minutes=1)),
        (2, timedelta(minutes=2)),
        (9, timedelta(minutes=256)),
        (10, timedelta(hours=6)),
        (11, timedelta(hours=6)),
        (12, None),
        (99, None),
    ],
)
def test_it_doubles_up_to_six_hours(tries: int, wait: timedelta | None) -> None:
    assert rules.wait_after(tries) == wait
