"""Turns a skip into a failure under CI=true, unless its test may be skipped there."""

import os
from collections.abc import Iterator
from typing import Any

import pytest

_WHERE = "skipped where CI=true makes a skip a failure"


def is_strict() -> bool:
    """Tells whether a skip is a failure."""
    return os.environ.get("CI", "").lower() == "true"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Iterator[None]:
    report: Any = yield
    is_allowed = item.get_closest_marker("allowed_skip") is not None
    if not is_allowed and not hasattr(report, "wasxfail"):
        _fail(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Iterator[None]:
    """A module that skips itself."""
    report: Any = yield
    _fail(report)
    return report


def _fail(report: Any) -> None:
    if report.skipped and is_strict():
        reason = report.longrepr[-1] if report.longrepr else ""
        report.outcome = "failed"
        report.longrepr = f"{_WHERE}: {reason}"
