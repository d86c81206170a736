"""Checks receipts with the same code as the program for people without Custos."""

from argparse import ArgumentParser
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from audit.log import checkpoints
from kit import signing
from kit.commands import Failed, JsonCommand, Result
from retention.receipts import documents, verifier


class Command(JsonCommand):
    """verify_receipt [--key KEY …] FILE …"""

    help = "Check receipts: signature, log proof, hashed ids; exit code 1 on a bad one."

    def options(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", metavar="FILE", nargs="+", type=Path)
        parser.add_argument(
            "--key",
            action="append",
            default=[],
            help="a verifier key or a file of keys; this installation's own if none",
        )

    def act(self, *_args: Any, at: datetime, **options: Any) -> Result:  # noqa: ARG002
        try:
            keys = verifier.given_keys(options["key"] or _own())
            found = list(verifier.results(options["files"], keys))
        except (verifier.Refused, OSError) as error:
            raise CommandError(str(error)) from error
        bad = [one for one in found if not one["verified"]]
        result = {"verified": len(found) - len(bad), "refused": bad, "receipts": found}
        if bad:
            raise Failed(result)
        return result

    def tell(self, result: Result) -> str:
        return "\n".join(
            f"{'ok ' if one['verified'] else 'BAD'} {one['file']}: {one['says']}"
            for one in result["receipts"]
        )


def _own() -> list[str]:
    """The key that signs now, and those that were rotated out."""
    key = signing.load(Path(settings.CUSTOS_LOG_KEY_FILE))
    public = [key.public, *(one.public for one in checkpoints.installation_keys())]
    keys = [signing.VerifierKey(name=documents.KEY_NAME, public=one) for one in public]
    return [one.vkey for one in keys]
