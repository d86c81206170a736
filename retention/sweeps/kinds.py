"""Lists, for the sweep's SQL, what is purged: conversations, then the simple kinds."""

from dataclasses import dataclass

from kit import content_kinds
from kit.content_kinds import ContentKind, Storage
from retention.eligibility import kinds as eligibility
from retention.eligibility.kinds import Relation
from workspaces.content.purging import CONVERSATIONS as STORED

CONVERSATIONS = "conversations"

# What names blobs beside stored content: files that jobs leave, exports among them.
_OTHER_BLOBS = (
    ("audit_export", "blob_id"),
    ("workspaces_job", "result_blob_id"),
)


@dataclass(frozen=True, kw_only=True)
class Swept:
    """One kind as plan and batch see it; columns are of the row `c`.

    `keys` and `blobs` are (table, its column of the row, its column of what to
    destroy) for the tables that hang on it.
    """

    name: str
    noun: str
    root: str
    relation: Relation
    key: str
    staged: str
    messages: str
    files: str
    activity: str
    keys: tuple[tuple[str, str, str], ...]
    blobs: tuple[tuple[str, str, str], ...]


def swept() -> tuple[Swept, ...]:
    """Every kind that has rows of its own, conversations first."""
    return (_conversations(), *(_simple(k, s) for k, s in content_kinds.swept()))


def swept_named(name: str) -> Swept:
    """The kind of a slice."""
    return next(kind for kind in swept() if kind.name == name)


def cascades() -> dict[str, str]:
    """The tables whose rows must vanish with their parent's, by the database alone."""
    parts = {p.table: s.table for _k, s in content_kinds.swept() for p in s.parts}
    return {cascade.table: cascade.parent for cascade in STORED.cascades} | parts


def roots() -> tuple[tuple[str, str], ...]:
    """The tables whose rows have a key of their own, with its column."""
    found = {(kind.root, kind.key): None for kind in swept()}
    parts = {(p[0], p[2]): None for kind in swept() for p in kind.keys}
    return tuple(found | parts)


def refers_to(key: str) -> str:
    """Whether any content still has the key that `key` is: a condition in SQL."""
    arms = (
        f"exists (select from {table} c where c.{column} = {key})"
        for table, column in roots()
    )
    return f"({' or '.join(arms)})"


def blob_columns() -> tuple[tuple[str, str], ...]:
    """Every table that names blobs, with the column: all referrers there are."""
    found = {(table, blob) for kind in swept() for table, _parent, blob in kind.blobs}
    return (*sorted(found), *_OTHER_BLOBS)


def refers_to_blob(blob: str) -> str:
    """Whether anything still names the blob that `blob` is: a condition in SQL."""
    arms = (
        f"exists (select from {table} c where c.{column} = {blob})"
        for table, column in blob_columns()
    )
    return f"({' or '.join(arms)})"


def _conversations() -> Swept:
    return Swept(
        name=CONVERSATIONS,
        noun="conversation",
        root=STORED.root,
        relation=eligibility.CONVERSATIONS,
        key=STORED.key_column,
        staged=STORED.staged_column,
        messages="c.message_count",
        files="c.file_count",
        activity="c.last_activity_at",
        keys=(),
        blobs=tuple((table, "conversation_id", blob) for table, blob in STORED.blobs),
    )


def _simple(kind: ContentKind, storage: Storage) -> Swept:
    return Swept(
        name=kind.name,
        noun=storage.noun,
        root=storage.table,
        relation=eligibility.relation(kind, storage),
        key="key_id",
        staged="",
        messages="0",
        files="0",
        activity="null::timestamptz",
        keys=tuple((p.table, p.parent, p.key) for p in storage.parts if p.key),
        blobs=(
            *(((storage.table, "id", storage.blob),) if storage.blob else ()),
            *((p.table, p.parent, p.blob) for p in storage.parts if p.blob),
        ),
    )
