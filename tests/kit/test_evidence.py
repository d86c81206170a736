"""Whoever keeps a promise shows it; the page collects what was registered."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from kit import evidence

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def nothing_registered(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(evidence, "_looks", {})
    return


def nothing_overdue(at: datetime) -> evidence.Finding:
    return evidence.Finding(holds=True, says=f"Nothing overdue at {at:%H:%M}.")


def broken(at: datetime) -> evidence.Finding:
    raise RuntimeError("a title of a conversation")


def test_registered_evidence_is_collected_at_the_given_time() -> None:
    evidence.register("deletion", nothing_overdue)

    (found,) = evidence.collect(at=NOON)

    assert found.promise == "deletion"
    assert found.source.endswith("nothing_overdue")
    assert found.finding == evidence.Finding(
        holds=True, says="Nothing overdue at 12:00."
    )


def test_a_broken_look_shows_no_evidence_and_hides_no_other(
    caplog: pytest.LogCaptureFixture,
) -> None:
    evidence.register("audit", broken)
    evidence.register("deletion", nothing_overdue)

    audit, deletion = evidence.collect(at=NOON)

    assert not audit.finding.holds
    assert deletion.finding.holds
    assert "RuntimeError" in caplog.text
    assert "title" not in caplog.text + str(audit.finding.says)


def test_registering_twice_is_one_look_and_an_impostor_is_refused() -> None:
    evidence.register("deletion", nothing_overdue)
    evidence.register("deletion", nothing_overdue)
    assert len(evidence.collect(at=NOON)) == 1

    def other(at: datetime) -> evidence.Finding:
        return evidence.Finding(holds=True, says="")

    other.__qualname__ = nothing_overdue.__qualname__
    with pytest.raises(evidence.AlreadyRegistered):
        evidence.register("deletion", other)
