"""Names, for the sweep's SQL, the tables and columns that a purge takes away.

Only `retention.sweeps` may import this. A purge deletes rows of the root; the database
takes the rest along by the cascades named here, which are compared with
`pg_constraint` at start-up and in the tests.
"""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Cascade:
    """One table whose rows go with their parent's, by a key in the database."""

    table: str
    columns: tuple[str, ...]
    parent: str
    parent_columns: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Purge:
    """One kind of stored content as the purge batch sees it."""

    root: str
    key_column: str
    public_column: str
    staged_column: str
    blobs: tuple[tuple[str, str], ...]
    cascades: tuple[Cascade, ...]


_PARENT = ("workspace_id", "id")
_CHILD = ("workspace_id", "conversation_id")

CONVERSATIONS = Purge(
    root="workspaces_conversation",
    key_column="key_id",
    public_column="public_id",
    staged_column="staged_by_id",
    blobs=(("workspaces_file", "blob_id"),),
    cascades=tuple(
        Cascade(
            table=table,
            columns=_CHILD,
            parent="workspaces_conversation",
            parent_columns=_PARENT,
        )
        for table in ("workspaces_message", "workspaces_file")
    ),
)
