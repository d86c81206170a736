"""One that fails keeps no other waiting, and its error is named without its words."""

from types import SimpleNamespace

import pytest

from kit import one_by_one as module
from kit.one_by_one import one_by_one


def test_those_behind_one_that_fails_are_done(
    caplog: pytest.LogCaptureFixture,
) -> None:
    done: list[int] = []

    def work(one: int) -> int | None:
        if one == 2:
            raise ValueError("what somebody wrote")
        done.append(one)
        return one if one > 1 else None

    assert one_by_one([1, 2, 3, 4], work, what="letter") == 7

    assert done == [1, 3, 4]
    assert caplog.messages == ["letter 2 failed: ValueError"]


def test_after_its_minute_it_leaves_the_rest_to_the_next_tick(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    passed = iter([0.0, 10.0, 59.0, 61.0])
    clock = SimpleNamespace(monotonic=lambda: next(passed))
    monkeypatch.setattr(module, "time", clock)

    assert one_by_one("abcd", lambda _one: 1, what="letter") == 2


def test_a_pass_that_begins_anew_each_time_is_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "TICK_SECONDS", -1)

    assert one_by_one("abcd", lambda _one: 1, what="letter", is_whole=True) == 4


def test_who_ends_the_process_is_obeyed() -> None:
    def work(_one: str) -> None:
        raise SystemExit

    with pytest.raises(SystemExit):
        one_by_one("ab", work, what="letter")
