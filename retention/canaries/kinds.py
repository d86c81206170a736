"""Registers canaries as a kind of stored content that people never meet."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from kit import content_kinds
from kit.content_kinds import ContentKind, Storage

CANARIES = "canaries"


def _nameless(_rows: Sequence[Any], _workspace: UUID) -> Mapping[int, str]:
    return {}


def register() -> None:
    """Called once, when the app is ready."""
    content_kinds.register(
        ContentKind(
            name=CANARIES,
            model="retention.Canary",
            owner="owner_id",
            clock="deleted_at",
            held_by=frozenset(),
            delete_door="retention.canaries",
            purged_with=None,
            leftovers="select count(*) from retention_canary c join retention_doom d"
            " on d.kind = 'key' and d.object_id = c.key_id",
            probe="public_id",
            is_planted=True,
            storage=Storage(
                noun="canary",
                label=_("canary of Custos"),
                labels=_("canaries of Custos"),
                table="retention_canary",
                blob="blob_id",
                titles=_nameless,
                page="retention:sweeps",
            ),
        )
    )
