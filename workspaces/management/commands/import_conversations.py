"""Imports conversations from chat exports into a workspace."""

from argparse import ArgumentParser
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management import CommandError
from django.utils.translation import gettext as _

from kit.actor import Actor
from kit.commands import JsonCommand, Result
from workspaces.content import services
from workspaces.content.formats.registry import Format
from workspaces.content.rules import Spread
from workspaces.content.services import ImportOptions
from workspaces.tenancy import selectors


class Command(JsonCommand):
    """import_conversations --workspace --format FILE… and what they lack"""

    help = "Import conversations from chat exports into a workspace."

    def options(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", metavar="FILE", type=Path)
        parser.add_argument("--workspace", required=True, help="slug")
        parser.add_argument(
            "--format",
            default=Format.AUTO.value,
            choices=[form.value for form in Format],
        )
        parser.add_argument(
            "--assign-owners",
            default="",
            metavar="A@X,B@X",
            help="owners of conversations that name none, by a hash of their ids",
        )
        parser.add_argument(
            "--spread-dates",
            metavar="FROM..TO",
            help="dates of conversations that have none, by a hash of their ids",
        )
        parser.add_argument(
            "--latest-at",
            metavar="DATE",
            help="shift all real dates by a constant, so that the newest is this",
        )

    def act(self, *_args: Any, at: datetime, **options: Any) -> Result:
        result = services.import_conversations(
            actor=Actor.operator(),
            workspace=selectors.workspace_by_slug(slug=options["workspace"]),
            files=options["files"],
            options=_options(options),
            at=at,
            progress=self._progress,
        )
        return {
            "id": result.id,
            "conversations": result.conversations,
            "messages": result.messages,
            "files": result.files,
            "skipped": result.skipped,
            "warnings": list(result.warnings),
        }

    _told = 0

    def _progress(self, done: int, total: int) -> None:
        """A line for each tenth; small imports need none."""
        tenth = done * 10 // total
        if total > 2_000 and tenth > self._told:
            self._told = tenth
            self.note(f"{done:,} of {total:,} conversations")


def _options(options: dict[str, Any]) -> ImportOptions:
    owners = [owner.strip() for owner in options["assign_owners"].split(",")]
    latest_at = options["latest_at"]
    return ImportOptions(
        form=Format(options["format"]),
        assign_owners=tuple(owner for owner in owners if owner),
        spread=_spread(options["spread_dates"]),
        latest_at=_moment(latest_at) if latest_at else None,
    )


def _spread(text: str | None) -> Spread | None:
    if text is None:
        return None
    first, separator, last = text.partition("..")
    if not separator:
        raise CommandError(_("--spread-dates takes two dates, as FROM..TO."))
    spread = Spread(first=_moment(first), last=_moment(last))
    if spread.last < spread.first:
        raise CommandError(_("--spread-dates ends before it begins."))
    return spread


def _moment(text: str) -> datetime:
    """A date or time of ISO 8601; UTC where it says nothing else."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise CommandError(
            _("“%(text)s” is no date; write it like 2026-03-31.") % {"text": text}
        ) from None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
