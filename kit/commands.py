"""The base of management commands: `--json` prints exactly one JSON object.

A command translates its arguments, makes one domain call in `act` and returns the
object of the contract. A refusal ends it with one sentence on standard error and exit
code 1, and with `--json` the object is `{"error": sentence}`; a result that is itself
a failure (`Failed`) is printed first.
"""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.management.base import BaseCommand, CommandError
from django.core.serializers.json import DjangoJSONEncoder

from kit import clock
from kit.refusals import Refused

Result = Mapping[str, Any]


class Failed(Exception):
    """The command worked and found a failure: its result is printed, exit code 1."""

    def __init__(self, result: Result) -> None:
        super().__init__("the result is a failure")
        self.result = result


class JsonCommand(BaseCommand):
    """A command of the contract; subclasses give `options`, `act` and maybe `tell`."""

    # Refusals that do not derive from kit.refusals.Refused, for commands to extend.
    refusals: tuple[type[Exception], ...] = (Refused, PermissionDenied)

    def options(self, parser: ArgumentParser) -> None:
        """Adds the command's own arguments."""

    def act(self, *args: Any, **options: Any) -> Result:
        """Makes the one domain call at `at`; returns the object of the contract."""
        raise NotImplementedError

    def tell(self, result: Result) -> str:
        """What a person reads without `--json`."""
        return "\n".join(f"{name}: {_plain(value)}" for name, value in result.items())

    def note(self, sentence: str) -> None:
        """A line on the way; it never mixes with the JSON object."""
        stream = self.stderr if self._json else self.stdout
        stream.write(sentence, style_func=str)

    _json = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--json", action="store_true", help="print exactly one JSON object"
        )
        self.options(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        self._json = options.pop("json")
        try:
            self._print(self.act(*args, at=clock.now(), **options))
        except Failed as failure:
            self._print(failure.result)
            sys.exit(1)
        except CommandError as refusal:
            self._print_error(refusal)
            raise
        except self.refusals as refusal:
            self._print_error(refusal)
            raise CommandError(str(refusal)) from refusal

    def _print(self, result: Result) -> None:
        if self._json:
            self.stdout.write(json.dumps(dict(result), cls=DjangoJSONEncoder))
        else:
            self.stdout.write(self.tell(result))

    def _print_error(self, refusal: Exception) -> None:
        """Scripts read standard output alone: it says why there is no result."""
        if self._json:
            self.stdout.write(json.dumps({"error": str(refusal)}))


def _plain(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_plain(inner)}" for name, inner in value.items())
    if isinstance(value, list | tuple):
        return "\n  ".join(["", *map(_plain, value)]) if value else "none"
    return str(value)
