"""Seals what a job is to work on, and the file that it leaves, for its workspace.

The row of a job is shown to more people than its work concerns: `arguments` holds ids,
and what else a job needs travels sealed in a parcel.
"""

import base64
import binascii
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from uuid import UUID

from kit import sealed_streams, sealing, vault
from kit.blobs.configured import store
from kit.ids import new_uuid
from workspaces.tenancy.models import Workspace
from workspaces.tenancy.selectors import WorkspaceRef


class ParcelDoesNotOpen(Exception):
    """It is damaged, of another workspace, or its key is gone."""


def pack(document: Any, *, workspace: WorkspaceRef) -> dict[str, str]:
    """The document as arguments of a job; in the scope of the organization."""
    parcel = new_uuid()
    plain = json.dumps(document, separators=(",", ":")).encode()
    sealed = sealing.seal(plain, key=_key(workspace), aad=_place(parcel, "parcel"))
    return {"parcel": str(parcel), "sealed": base64.b64encode(sealed).decode()}


def unpack(arguments: Mapping[str, Any], *, workspace: WorkspaceRef) -> Any:
    """The document that `pack` was given."""
    try:
        parcel = UUID(arguments["parcel"])
        sealed = base64.b64decode(arguments["sealed"], validate=True)
        plain = sealing.open_sealed(
            sealed, key=_key(workspace), aad=_place(parcel, "parcel")
        )
        return json.loads(plain)
    except (KeyError, ValueError, binascii.Error, sealing.CannotOpen):
        raise ParcelDoesNotOpen from None


def keep_result(pieces: Iterable[bytes], *, workspace: WorkspaceRef) -> UUID:
    """Store the file that a job leaves; its id."""
    blob = new_uuid()
    sealed = sealed_streams.seal_stream(
        pieces, key=_key(workspace), aad=_place(blob, "result")
    )
    store().put(blob, sealed)
    return blob


def open_result(blob: UUID, *, workspace: WorkspaceRef) -> Iterator[bytes]:
    """The file again, chunk by chunk."""
    return sealed_streams.open_stream(
        store().open(blob), key=_key(workspace), aad=_place(blob, "result")
    )


def _key(workspace: WorkspaceRef) -> bytes:
    key_id = Workspace.objects.values_list("key_id", flat=True).get(pk=workspace.id)
    key = vault.read_keys([key_id]).get(key_id)
    if key is None:
        raise ParcelDoesNotOpen
    return key


def _place(row: UUID, column: str) -> bytes:
    return sealing.binding(table="workspaces_job", row=row, column=column)
