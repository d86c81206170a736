"""Imports conversations from files: all of them, or none that anyone can see.

The files are read twice. The first reading checks everything and writes nothing. The
second writes batches, each a transaction of its own, that stay invisible: their rows
carry the import in `staged_by`. One last transaction makes all of them visible and
records the import. What happens when it stops halfway is told in `runs`.
"""

import contextlib
import hmac
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from uuid import UUID

from django.db import DatabaseError
from django.utils.translation import gettext as _

from kit import vault
from kit.actor import Actor
from kit.permissions import Permission
from workspaces.content import selectors, storage
from workspaces.content.formats import registry
from workspaces.content.formats.drafts import Content, ConversationDraft
from workspaces.content.formats.flaws import Flaw, ImportRefused
from workspaces.content.formats.limits import DEFAULT, Limits
from workspaces.content.formats.registry import Format
from workspaces.content.models import Conversation
from workspaces.content.rules import Dating, Spread
from workspaces.content.services import runs
from workspaces.content.services.owners import Owners
from workspaces.content.services.runs import Counts, Run
from workspaces.content.services.sealing import Sealing
from workspaces.content.services.sources import Batch, batches
from workspaces.content.services.survey import Survey
from workspaces.tenancy import plans
from workspaces.tenancy.models import Workspace
from workspaces.tenancy.selectors import WorkspaceRef

Progress = Callable[[int, int], None]
_LONGEST_ID = 200
_KEYED = "keyed:"


@dataclass(frozen=True, kw_only=True)
class ImportOptions:
    """How to read the files, and what to assign where they say nothing."""

    form: Format = Format.AUTO
    assign_owners: tuple[str, ...] = ()
    spread: Spread | None = None
    latest_at: datetime | None = None
    limits: Limits = DEFAULT


@dataclass(frozen=True, kw_only=True)
class ImportResult:
    """What one import brought; `skipped` were there already, or twice in the files."""

    id: UUID
    conversations: int
    messages: int
    files: int
    skipped: int
    warnings: tuple[str, ...]


def import_conversations(
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    files: Sequence[Path],
    at: datetime,
    options: ImportOptions | None = None,
    progress: Progress | None = None,
) -> ImportResult:
    """Imports every conversation of the files, or refuses and shows none.

    `progress` is told after each batch how many of how many are done.
    """
    actor.require(Permission.OPERATOR)
    options = options or ImportOptions()
    _demand_chat(workspace)
    _demand_reader(options.form)
    run = runs.begin(actor=actor, workspace=workspace, source=options.form, at=at)
    try:
        importing = _Import(run=run, files=files, options=options)
        importing.check()
        importing.write(progress or _silent)
        return importing.complete()
    except BaseException:
        with contextlib.suppress(DatabaseError):
            run.fail()
        raise


class _Import:
    """The work of one run; the steps come in the order of the methods."""

    def __init__(
        self, *, run: Run, files: Sequence[Path], options: ImportOptions
    ) -> None:
        self._run = run
        self._files = files
        self._options = options
        self._survey = Survey()
        self._counts = Counts()
        with run.step():
            self._key_id = Workspace.objects.get(pk=run.workspace.id).key_id
            self._owners = Owners(
                assigned=options.assign_owners, importer_id=run.actor.membership_id
            )
        self._key = vault.read_keys([self._key_id])[self._key_id]

    def check(self) -> None:
        """Reads everything once; any flaw or missing owner refuses the whole."""
        for batch in self._batches():
            with self._run.step():
                self._owners.learn(batch.drafts)
            for draft in batch.drafts:
                self._owners.owner_of(draft, external_id=draft.external_id or "")
            self._survey.add(batch.drafts)
        if not self._survey.conversations:
            raise ImportRefused(_("The files hold no conversations."))

    def write(self, progress: Progress) -> None:
        """Reads everything again and stores it, invisible, batch by batch."""
        dating = self._dating()
        for batch in self._batches():
            rows = self._sealed(batch, dating)
            with self._run.step():
                ids = storage.insert(
                    rows,
                    workspace_id=self._run.workspace.id,
                    staged_by=self._run.pk,
                    at=self._run.at,
                )
            stored = [row for row in rows if row.public_id in ids]
            self._counts.conversations += len(stored)
            self._counts.skipped += len(batch.drafts) - len(stored)
            self._counts.messages += sum(row.message_count for row in stored)
            self._counts.files += sum(row.file_count for row in stored)
            done = self._counts.conversations + self._counts.skipped
            progress(done, max(done, self._survey.conversations))

    def complete(self) -> ImportResult:
        """Makes everything visible."""
        counts, survey = self._counts, self._survey
        counts.warnings = survey.damaged
        source = survey.sources.pop() if len(survey.sources) == 1 else Format.AUTO
        self._run.complete(counts=counts, source=source)
        is_spread = self._options.spread is not None
        return ImportResult(
            id=self._run.public_id,
            conversations=counts.conversations,
            messages=counts.messages,
            files=counts.files,
            skipped=counts.skipped,
            warnings=survey.warnings(dates_are_spread=is_spread),
        )

    def _batches(self) -> Iterator[Batch]:
        options = self._options
        return batches(files=self._files, form=options.form, limits=options.limits)

    def _dating(self) -> Dating:
        wanted, latest = self._options.latest_at, self._survey.latest
        if wanted is not None and latest is None:
            raise ImportRefused(_("The files carry no dates that could be shifted."))
        shift = wanted - latest if wanted and latest else timedelta(0)
        return Dating(at=self._run.at, shift=shift, spread=self._options.spread)

    def _sealed(self, batch: Batch, dating: Dating) -> list[storage.ConversationRow]:
        """The batch's new conversations; their keys are in the vault before them."""
        new = self._new(batch.drafts)
        keys = vault.make_keys(parent=self._key_id, n=len(new)) if new else []
        sealing = Sealing(
            workspace=self._run.workspace.public_id,
            plan=self._run.workspace.plan,
            dating=dating,
            open_member=batch.open_member,
        )
        rows = []
        for (external_id, draft), key in zip(new.items(), keys, strict=True):
            owner = self._owners.owner_of(draft, external_id=external_id)
            try:
                row = sealing.row(draft, external_id=external_id, owner=owner, key=key)
            except Flaw as flaw:
                raise ImportRefused(str(flaw), place=draft.place) from None
            rows.append(row)
        return rows

    def _new(self, drafts: Sequence[ConversationDraft]) -> dict[str, ConversationDraft]:
        """The drafts of one source that are not stored yet, once each, by their id.

        A second conversation under an id of this import is kept beside the first,
        unless it is the same one again.
        """
        with self._run.step():
            given = self._by_id(drafts)
            stored = self._stored(drafts[0].source, given)
        return {name: draft for name, draft in given.items() if name not in stored}

    def _by_id(
        self, drafts: Sequence[ConversationDraft]
    ) -> dict[str, ConversationDraft]:
        ids = [self._external_id(draft) for draft in drafts]
        mine = Conversation.objects.filter(
            source=drafts[0].source, external_id__in=ids, staged_by_id=self._run.pk
        )
        contents = {row.external_id: self._content(row) for row in mine}
        given: dict[str, ConversationDraft] = {}
        for name, draft in zip(ids, drafts, strict=True):
            if contents.setdefault(name, draft.content) == draft.content:
                given.setdefault(name, draft)
            else:
                given[self._digest(draft)] = draft
                self._survey.keep_beside(draft)
        return given

    def _content(self, row: Conversation) -> Content:
        read = selectors.read(conversation=row, workspace=self._run.workspace.public_id)
        return read.raw, [(node.key, node.node) for node in read.nodes]

    def _stored(self, source: str, ids: Iterable[str]) -> set[str]:
        known = Conversation.objects.filter(source=source, external_id__in=list(ids))
        return set(known.values_list("external_id", flat=True))

    def _external_id(self, draft: ConversationDraft) -> str:
        """The source's id, if there is one that can be stored."""
        given = draft.external_id
        if given and len(given) <= _LONGEST_ID and given.isprintable():
            return given
        return self._digest(draft)

    def _digest(self, draft: ConversationDraft) -> str:
        """An id from the content, under the workspace's key.

        A plain digest of what was written would outlive its key's destruction.
        """
        purpose = b"custos import id\0" + storage.encoded(draft.content)
        return _KEYED + hmac.new(self._key, purpose, sha256).hexdigest()


def _demand_chat(workspace: WorkspaceRef) -> None:
    if not plans.of(workspace.plan).has_chat:
        raise ImportRefused(
            _("“%(slug)s” is on the API platform, which has no conversations.")
            % {"slug": workspace.slug}
        )


def _demand_reader(form: Format) -> None:
    if form is not Format.AUTO:
        try:
            registry.reader(form)
        except Flaw as flaw:
            raise ImportRefused(str(flaw)) from None


def _silent(_done: int, _total: int) -> None:
    """Nobody watches."""
