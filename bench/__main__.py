"""Runs the measurements (all, or those named) and writes bench/results.json."""

import json
import os
import sys
from pathlib import Path
from typing import Any

import django

from bench import (
    audit_acts,
    audit_appends,
    beside,
    decisions,
    explorer,
    growth,
    members,
    policies,
    scim,
    sealing,
    sign_in,
    streams,
    sweeps,
    verification,
)
from bench.ground import ground

RESULTS = Path(
    os.environ.get("CUSTOS_BENCH_RESULTS", Path(__file__).parent / "results.json")
)


_MEASUREMENTS = {
    "audit": audit_appends.measure,
    "audit_acts": audit_acts.measure,
    "decisions": decisions.measure,
    "explorer": explorer.measure,
    "members": members.measure,
    "scim": scim.measure,
    "sealing": sealing.measure,
    "sign_in": sign_in.measure,
    "streams": streams.measure,
    # These fill the database with the same conversations, once for all.
    "sweeps": sweeps.measure,
    "beside": beside.measure,
    "policies": policies.measure,
    "growth": growth.measure,
    "verification": verification.measure,
}


def main() -> None:
    """One server for all of it, one line a figure."""
    with ground() as found:
        django.setup()
        _migrate()
        results: dict[str, dict[str, Any]] = {}
        for name, measure in _MEASUREMENTS.items():
            if name in (sys.argv[1:] or _MEASUREMENTS):
                results |= measure(found)
    # What was not measured now keeps its older figures.
    known = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    RESULTS.write_text(json.dumps(known | results, indent=2, sort_keys=True) + "\n")
    for name, line in sorted(results.items()):
        sys.stdout.write(
            f"{name}: ratio {line['ratio']}, ours {line['ours']},"
            f" reference {line['reference']} {line['unit']}\n"
        )


def _migrate() -> None:
    from django.core.management import call_command

    for alias in ("owner", "vault"):
        call_command("migrate", database=alias, verbosity=0)


if __name__ == "__main__":
    main()
