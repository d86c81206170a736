"""Answers which files of a GPT are there, and opens them with their own keys.

A file goes by itself: its owner deletes it, or a policy lets it go. Versions that name
one which is hidden or gone simply have it no more.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from kit import blobs, vault
from kit.blobs import BlobMissing
from kit.refusals import Refused
from kit.sealed_streams import open_stream
from workspaces.content import visibility
from workspaces.gpts.models import Gpt, GptFile
from workspaces.gpts.seals import Seals

KIND = "gpt_files"


class UnknownFile(Refused):
    """The GPT has no such file, or its key is destroyed."""

    status = 404


@dataclass(frozen=True, kw_only=True)
class Attachment:
    """One file of a GPT, opened."""

    name: str = field(repr=False)
    content: bytes = field(repr=False)


def live_files(*, gpt: Gpt, at: datetime) -> QuerySet[GptFile]:
    """The files of any version that nobody deleted and no policy hides."""
    rows = GptFile.objects.filter(gpt_id=gpt.pk, deleted_at__isnull=True)
    found: QuerySet[GptFile] = visibility.unexpired(
        rows, kind=KIND, workspace_id=gpt.workspace_id, at=at
    )
    return found


def file_names_of(*, gpt: Gpt, ids: Collection[str], at: datetime) -> dict[UUID, str]:
    """The names of those of these files that are there, by their id."""
    if not ids:
        return {}
    rows = list(live_files(gpt=gpt, at=at).filter(public_id__in=ids).order_by("id"))
    names = _names(rows, {gpt.pk: gpt})
    return {row.public_id: names[row.pk] for row in rows if row.pk in names}


def file_of(*, gpt: Gpt, file: UUID, at: datetime) -> Attachment:
    """One file of any version of the GPT, with its bytes."""
    row = live_files(gpt=gpt, at=at).filter(public_id=file).first()
    seals = seals_of_files([row], {gpt.pk: gpt}) if row else {}
    if row is None or row.pk not in seals:
        raise UnknownFile(_("The GPT has no such file."))
    seal = seals[row.pk]
    try:
        sealed = blobs.store().open(row.blob_id)
    except BlobMissing:
        # Purged since the row was read; bytes that are missing under a row are lost.
        if GptFile.objects.filter(pk=row.pk).exists():
            raise
        raise UnknownFile(_("The GPT has no such file.")) from None
    stream = open_stream(sealed, key=seal.key, aad=seal.blob(row.public_id))
    name = str(seal.open_file(row.public_id, row.sealed)["name"])
    return Attachment(name=name, content=b"".join(stream))


def titles(rows: Sequence[Any], _workspace: UUID) -> Mapping[int, str]:
    """The names of files of any GPTs by their ids; without those whose key is gone."""
    return _names(rows, Gpt.objects.in_bulk({row.gpt_id for row in rows}))


def seals_of_files(
    rows: Collection[GptFile], gpts: Mapping[int, Gpt]
) -> dict[int, Seals]:
    """The seals of these files by their ids, with one question to the vault."""
    wanted = {row.pk: row.key_id or gpts[row.gpt_id].key_id for row in rows}
    keys = vault.read_keys(set(wanted.values()))
    return {
        row.pk: Seals(keys[wanted[row.pk]], gpt=gpts[row.gpt_id].public_id)
        for row in rows
        if wanted[row.pk] in keys
    }


def _names(rows: Collection[GptFile], gpts: Mapping[int, Gpt]) -> dict[int, str]:
    seals = seals_of_files(rows, gpts) if rows else {}
    return {
        row.pk: str(seals[row.pk].open_file(row.public_id, row.sealed)["name"])
        for row in rows
        if row.pk in seals
    }
