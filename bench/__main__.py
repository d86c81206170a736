"""Runs the measurements (all, or those named) and writes bench/results.json."""

import json
import sys
from pathlib import Path
from typing import Any

import django

from bench import audit_appends, decisions, members, scim, sign_in, sweeps
from bench.ground import ground

RESULTS = Path(__file__).parent / "results.json"


_MEASUREMENTS = {
    "audit": audit_appends.measure,
    "decisions": decisions.measure,
    "members": members.measure,
    "scim": scim.measure,
    "sign_in": sign_in.measure,
    "sweeps": sweeps.measure,
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
    RESULTS.write_text(json.dumps(results, indent=2, sort_keys=True) + "\n")
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
