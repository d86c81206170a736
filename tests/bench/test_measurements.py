"""Each measurement of sweeps runs to its end, on a corpus that takes seconds."""

from collections.abc import Iterator

import pytest
from django.conf import settings

from bench import beside, chart, corpus, growth, policies, sweeps
from bench.ground import Ground
from tests.harness import stand

TINY = 1_000


@pytest.fixture
def tiny(transactional_db, tmp_path, monkeypatch) -> Iterator[Ground]:
    """This worker's databases, and so few rows that nothing it measures says much."""
    monkeypatch.setattr(corpus, "MESSAGES", TINY)
    monkeypatch.setattr(corpus, "PASSES", 1)
    monkeypatch.setattr(corpus, "WORKSPACES", 2)
    monkeypatch.setattr(corpus, "MEMBERS", 2)
    monkeypatch.setattr(corpus, "SAMPLED", 464)
    monkeypatch.setattr(corpus, "_FILLED", {})
    monkeypatch.setattr(beside, "SECONDS", 0.5)
    at = stand.of_this_run()
    return Ground(
        folder=tmp_path,
        home=settings.CUSTOS_HOME,
        address=f"postgres://127.0.0.1:{at.postgres_port}",
        password=stand.PASSWORD,
        content=stand.database("content"),
        vault=stand.database("vault"),
    )


@pytest.mark.slow
@pytest.mark.skipif(not corpus.DIALOGUES.exists(), reason="the dialogues are not here")
def test_what_sweeps_are_measured_by_runs_to_its_end(tiny, monkeypatch):
    monkeypatch.setenv("CUSTOS_BENCH_SCALING", "0")

    found = {
        name: line
        for one in (sweeps, beside, policies, growth)
        for name, line in one.measure(tiny).items()
    }

    assert set(found) == {
        "hold_wait_ms",
        "import_messages",
        "preview_vs_count",
        "repolicy_rows_written",
        "sweep_django_orm",
        "sweep_mattermost",
        "sweep_memory_growth",
        "sweep_paced_foreground_p99",
        "sweep_sentry",
        "sweep_two_workers",
        "sweep_vs_raw_delete",
        "sweep_zulip",
        "whole_sweep_vs_raw_delete",
    }
    assert found["repolicy_rows_written"]["ours"] == 0
    assert "Custos, one worker" in chart.drawn(found)
