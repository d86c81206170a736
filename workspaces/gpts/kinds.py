"""Registers GPTs, their versions, files and reviews as kinds of stored content.

Files go by themselves too, by an explicit delete or by their age: a GPT outlives what
it knew.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from kit import content_kinds
from kit.content_kinds import ContentKind, Governed, Part, Storage
from workspaces.gpts import selectors
from workspaces.gpts.models import Gpt
from workspaces.gpts.selectors import files

GPTS = "gpts"
FILES = files.KIND
_HELD_BY = frozenset({"member", "gpt"})
_DOOR = "retention.deletions"
_LEFT = (
    "select count(*) from {table} x where not exists"
    " (select from workspaces_gpt g where g.id = x.gpt_id"
    " and g.workspace_id = x.workspace_id)"
)


def _names(rows: Sequence[Gpt], _workspace: UUID) -> Mapping[int, str]:
    """The names in the newest versions; one whose key is gone is left out."""
    numbers = {row: row.latest_number for row in rows}
    return {
        pk: summary.name
        for pk, summary in selectors.readable_summaries_of(numbers=numbers).items()
    }


_KINDS = (
    ContentKind(
        name=GPTS,
        model="workspaces.Gpt",
        owner="owner",
        clock="updated_at",
        held_by=_HELD_BY,
        delete_door=_DOOR,
        purged_with=None,
        leftovers="select count(*) from workspaces_gpt g where not exists"
        " (select from workspaces_gptversion v where v.gpt_id = g.id"
        " and v.number = g.latest_number)",
        probe="public_id",
        storage=Storage(
            noun="gpt",
            label=_("GPT"),
            labels=_("GPTs"),
            table="workspaces_gpt",
            # Who wrote a version is covered by a hold, whoever owns the GPT today.
            parts=(
                Part(table="workspaces_gptversion", parent="gpt_id", owner="author_id"),
                Part(
                    table="workspaces_gptfile",
                    parent="gpt_id",
                    owner="owner_id",
                    key="key_id",
                    blob="blob_id",
                    is_kept_whole=True,
                ),
                Part(table="workspaces_gptshare", parent="gpt_id"),
                Part(table="workspaces_gptreview", parent="gpt_id"),
            ),
            scope=("gpt_id", "id"),
            titles=_names,
            page="workspaces:gpts-list",
            is_page_of_workspace=True,
            consequence=_(
                "Its versions and files go with it, and nobody can use it any more."
            ),
        ),
    ),
    ContentKind(
        name=FILES,
        model="workspaces.GptFile",
        owner="owner",
        clock="created_at",
        held_by=_HELD_BY,
        delete_door=_DOOR,
        purged_with=None,
        leftovers=_LEFT.format(table="workspaces_gptfile"),
        probe="public_id",
        storage=Storage(
            noun="gpt-file",
            label=_("file of a GPT"),
            labels=_("files of GPTs"),
            table="workspaces_gptfile",
            blob="blob_id",
            scope=("gpt_id", "gpt_id"),
            titles=files.titles,
            page="workspaces:gpts-list",
            is_page_of_workspace=True,
            consequence=_("The GPT no longer knows what was in it."),
        ),
    ),
    *(
        ContentKind(
            name=name,
            model=f"workspaces.{model}",
            owner="gpt.owner",
            clock="gpt.updated_at",
            held_by=_HELD_BY,
            delete_door=_DOOR,
            purged_with=GPTS,
            leftovers=_LEFT.format(table=table),
            probe="gpt_id",
        )
        for name, model, table in (
            ("gpt_versions", "GptVersion", "workspaces_gptversion"),
            ("gpt_reviews", "GptReview", "workspaces_gptreview"),
        )
    ),
)


_GOVERNED = Governed(
    name=FILES,
    labels=_("files of GPTs"),
    clock="created_at",
    since=_("after they were uploaded"),
    losses=_(
        "A GPT no longer knows what was in its older files; its versions go on naming"
        " them, and somebody has to upload them again. Its instructions stay."
    ),
)


def register() -> None:
    """Called once, when the app is ready."""
    for kind in _KINDS:
        content_kinds.register(kind)
    content_kinds.govern(_GOVERNED)
