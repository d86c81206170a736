"""Writes a log into a ZIP that others can verify."""

import tempfile
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from django.core.management.base import CommandError
from django.utils.translation import gettext as _

from audit.log.selectors import logs_for_operator
from audit.verification import services
from kit.actor import Actor
from kit.commands import JsonCommand, Result


class Command(JsonCommand):
    """Exports checkpoint, tiles, entries and opened details."""

    help = "Export an organization's audit log, details included: keep the file safe."

    def options(self, parser: ArgumentParser) -> None:
        parser.add_argument("--organization", metavar="SLUG", required=True)
        parser.add_argument("--out", metavar="FILE.zip", type=Path, required=True)

    def act(self, *_args: Any, at: datetime, **options: Any) -> Result:
        log = logs_for_operator(slug=options["organization"])[0]
        with _complete_or_absent(options["out"]) as file:
            exported = services.export(
                actor=Actor.operator(), log=log, file=file, at=at, using="sequencer"
            )
        return {"entries": exported.entries, "checkpoint": exported.checkpoint}


@contextmanager
def _complete_or_absent(path: Path) -> Iterator[IO[bytes]]:
    """A file for its owner alone that takes its name once it is whole.

    Until then, and after any failure, what bore the name before stays as it was.
    """
    try:
        if path.is_dir():
            raise IsADirectoryError(None, _("it is a folder"))
        with tempfile.NamedTemporaryFile(
            dir=path.parent, prefix=f".{path.name}.", delete=False
        ) as file:
            unfinished = Path(file.name)
            try:
                yield file
                file.close()
                unfinished.replace(path)
            finally:
                unfinished.unlink(missing_ok=True)
    except OSError as error:
        raise CommandError(
            _("%(path)s cannot be written: %(why)s.")
            % {"path": path, "why": error.strerror or error}
        ) from None
