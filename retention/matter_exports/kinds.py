"""Registers exports of matters as a kind that goes by its age, key and parts too."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from kit import content_kinds
from kit.content_kinds import ContentKind, Governed, Part, Storage, UndoRule

EXPORTS = "matter_exports"
KEPT_DAYS = 7
"""For how many days an export can be downloaded where no policy says otherwise."""
LONGEST_DAYS = 28
_TABLE, _PARTS = "retention_matterexport", "retention_matterexportpart"
_DOOR = "retention.matter_exports"


def _nameless(_rows: Sequence[Any], _workspace: UUID) -> Mapping[int, str]:
    return {}


_KINDS = (
    ContentKind(
        name=EXPORTS,
        model="retention.MatterExport",
        owner="owner_id",
        clock="created_at",
        held_by=frozenset(),
        delete_door=_DOOR,
        purged_with=None,
        leftovers=f"select count(*) from {_TABLE} c join retention_doom d"  # noqa: S608
        " on d.kind = 'key' and d.object_id = c.key_id",
        probe="public_id",
        # A copy that Custos made: people meet it on the page of its matter alone.
        is_planted=True,
        storage=Storage(
            noun="matter-export",
            label=_("export of a matter"),
            labels=_("exports of matters"),
            table=_TABLE,
            parts=(Part(table=_PARTS, parent="export_id", blob="blob_id"),),
            titles=_nameless,
            page="retention:holds",
        ),
    ),
    ContentKind(
        name="matter_export_parts",
        model="retention.MatterExportPart",
        owner="export.owner_id",
        clock="export.created_at",
        held_by=frozenset(),
        delete_door=_DOOR,
        purged_with=EXPORTS,
        leftovers=f"select count(*) from {_PARTS} x where not exists"  # noqa: S608
        f" (select from {_TABLE} c where c.id = x.export_id"
        " and c.workspace_id = x.workspace_id)",
        probe="export_id",
    ),
)


def register() -> None:
    """Called once, when the app is ready."""
    for kind in _KINDS:
        content_kinds.register(kind)
    content_kinds.govern(
        Governed(
            name=EXPORTS,
            labels=_("exports of matters"),
            clock="created_at",
            default_days=KEPT_DAYS,
            longest_days=LONGEST_DAYS,
            undo=UndoRule.NONE,
        )
    )
