"""Seals the files of exports for their organization, and opens them again."""

from collections.abc import Iterable, Iterator
from uuid import UUID

from django.utils.translation import gettext as _

from audit.exports.models import AuditExport
from audit.exports.selectors import NoSuchExport
from audit.log.selectors import Log
from kit import sealed_streams, sealing, vault
from kit.blobs import BlobMissing, store


def keep(pieces: Iterable[bytes], *, log: Log, blob: UUID) -> None:
    """Stores the file; what is written of it is sealed at once."""
    sealed = sealed_streams.seal_stream(pieces, key=_key(log), aad=_place(blob))
    store().put(blob, sealed)


def opened(export: AuditExport, *, log: Log) -> Iterator[bytes]:
    """The file chunk by chunk; NoSuchExport once it is gone."""
    if export.blob_id is None:
        raise NoSuchExport(_("The file of this export is gone."))
    try:
        sealed = store().open(export.blob_id)
    except BlobMissing:
        raise NoSuchExport(_("The file of this export is gone.")) from None
    return sealed_streams.open_stream(sealed, key=_key(log), aad=_place(export.blob_id))


def drop(blob: UUID) -> None:
    """Removes a file that no export names any more."""
    store().delete(blob)


def _key(log: Log) -> bytes:
    key = vault.read_keys([log.key_id]).get(log.key_id)
    if key is None:
        raise NoSuchExport(_("The key of this organization's log is gone."))
    return key


def _place(blob: UUID) -> bytes:
    return sealing.binding(table="audit_export", row=blob, column="file")
