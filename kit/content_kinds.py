"""Knows every kind of stored content: whose it is, what ages it, how it goes away.

A slice registers its kinds when its app starts. A test fails for every model that
stores user content and is not among them: a kind that nobody registered would be
missed by holds, by deletion and by the search for leftovers.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.apps import apps
from django.utils.functional import Promise

Titles = Callable[[Sequence[Any], UUID], Mapping[int, str]]


@dataclass(frozen=True, kw_only=True)
class Part:
    """A table whose rows hang on a kind's row and go with it, by a cascade.

    `parent` is the column that names the row, in a key with workspace_id. `owner` is
    the column of a member whose hold keeps the whole; `key` and `blob` are columns of
    what must be destroyed with it. Where the part is a kind of its own, `is_kept_whole`
    says that a hold which covers the whole covers each part too, whoever owns it.
    """

    table: str
    parent: str
    owner: str = ""
    key: str = ""
    blob: str = ""
    is_kept_whole: bool = False


@dataclass(frozen=True, kw_only=True)
class Storage:
    """How a simple kind lies in the database, for the doors of deletion and purge.

    Its table has workspace_id, id, public_id, key_id, key_made_at, plan_written,
    byte_count, created_at, deleted_at and deleted_by, and `blob` where a row has a
    blob. `noun` names an object in the log, `label` and `labels` one and many on pages;
    `titles` opens the names of rows by their ids (given the workspace's public id),
    `page` is the URL name of their list under /me/, or below the workspace,
    `consequence` says in a sentence what goes with a deleted one. `scope` is the column
    by which a hold names the thing itself, and the row's own column that is compared
    with it.
    """

    noun: str
    label: str | Promise
    labels: str | Promise
    table: str
    owner: str = "owner_id"
    blob: str = ""
    parts: tuple[Part, ...] = ()
    scope: tuple[str, str] | None = None
    titles: Titles
    page: str
    is_page_of_workspace: bool = False
    consequence: str | Promise = ""


@dataclass(frozen=True, kw_only=True)
class ContentKind:
    """One kind of stored content.

    `model` is an app label and model name; `owner` and `clock` are paths of fields
    from it. `purged_with` names the kind whose purge takes this one along, by a
    cascade in the database; a kind of its own has none. `leftovers` is SQL that
    counts rows which no purge would ever meet: it must always answer 0. `storage` is
    what the doors need of a simple kind; conversations have doors of their own.
    `probe` is the field of its model that names what a purge takes: the object's own
    public id, or the internal id of the whole that it hangs on. `is_planted`: objects
    are Custos's own, planted to see them purged; people meet them in no list or count.
    """

    name: str
    model: str
    owner: str
    clock: str
    held_by: frozenset[str]
    delete_door: str
    purged_with: str | None
    leftovers: str
    probe: str
    is_planted: bool = False
    storage: Storage | None = None

    @property
    def has_public_ids(self) -> bool:
        """Whether people and programs can name one of its rows."""
        fields = apps.get_model(self.model)._meta.get_fields()
        return any(field.name == "public_id" for field in fields)

    @property
    def rows(self) -> Any:
        """The default manager of its model, under the open scope."""
        return apps.get_model(self.model)._default_manager


class UndoRule(StrEnum):
    """Whether what expired waits before it is purged."""

    POLICY = "policy"
    """For the undo window of the policy version that expired it."""
    NONE = "none"
    """Not at all: the next sweep takes it."""


@dataclass(frozen=True, kw_only=True)
class Governed:
    """A kind that retention policies govern.

    `labels` names many on pages. `clock` is the column from which its age counts, in
    words `since` ("after they were created" where it says nothing else). `losses` says
    in a sentence what people miss who keep it for a short time.
    Without a policy it is kept `default_days`, for ever where None; no policy keeps it
    longer than `longest_days`. `project` is the column of the project that it is in,
    empty where the kind is in none.
    """

    name: str
    labels: str | Promise
    clock: str
    since: str | Promise = ""
    losses: str | Promise = ""
    default_days: int | None = None
    longest_days: int | None = None
    undo: UndoRule = UndoRule.POLICY
    project: str = ""


class AlreadyRegistered(Exception):
    """Two kinds claim the same name."""


class NotGoverned(LookupError):
    """No policy can be set for a kind of this name."""


_kinds: dict[str, ContentKind] = {}
_governed: dict[str, Governed] = {}


def register(kind: ContentKind) -> None:
    """Adds a kind; registering the same one again changes nothing."""
    if _kinds.setdefault(kind.name, kind) != kind:
        raise AlreadyRegistered(kind.name)


def registered() -> tuple[ContentKind, ...]:
    """All kinds, by name."""
    return tuple(_kinds[name] for name in sorted(_kinds))


def simple() -> tuple[tuple[ContentKind, Storage], ...]:
    """The kinds of people's content that go through the doors by their `storage`."""
    return tuple(found for found in swept() if not found[0].is_planted)


def swept() -> tuple[tuple[ContentKind, Storage], ...]:
    """All that a sweep takes by its `storage`, what Custos planted included."""
    return tuple((kind, kind.storage) for kind in registered() if kind.storage)


def explained() -> tuple[tuple[ContentKind, Storage], ...]:
    """The kinds of which people ask why: their content, and copies a policy governs."""
    return tuple(
        found
        for found in swept()
        if not found[0].is_planted or found[0].name in _governed
    )


def govern(kind: Governed) -> None:
    """Lets policies govern a kind; registering the same one again changes nothing."""
    if _governed.setdefault(kind.name, kind) != kind:
        raise AlreadyRegistered(kind.name)


def governed() -> tuple[Governed, ...]:
    """The kinds that policies govern, by name."""
    return tuple(_governed[name] for name in sorted(_governed))


def governed_named(name: str) -> Governed:
    """One of them; NotGoverned otherwise."""
    try:
        return _governed[name]
    except KeyError as unknown:
        raise NotGoverned(name) from unknown
