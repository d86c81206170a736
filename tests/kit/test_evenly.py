"""Work whose length tells nothing."""

import time
from typing import Any

import pytest

from kit.evenly import evenly


@pytest.mark.parametrize(("work", "expected"), [(0.0, 1.0), (0.4, 1.0), (1.3, 2.0)])
def test_it_lasts_the_time_or_a_multiple(
    work: float, expected: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    clock: Any = time
    monkeypatch.setattr(clock, "monotonic", lambda: now[0])
    monkeypatch.setattr(clock, "sleep", sleep)

    with evenly(1.0):
        now[0] += work

    assert now[0] == pytest.approx(100 + expected)
