"""Seals what a test of a connection keeps in Valkey, for the connection's organization.

Who tests, and all that the provider said about them, stands in it for up to an hour.
"""

import json
from typing import Any

from kit import sealing, vault
from kit.sealing import CannotOpen
from workspaces.signin.models import SamlConnection


def sealed(document: dict[str, Any], *, row: SamlConnection, name: str) -> bytes:
    """The document under a name, in the scope of the organization."""
    plain = json.dumps(document, separators=(",", ":")).encode()
    return sealing.seal(plain, key=_key(row), aad=_place(row, name))


def opened(kept: object, *, row: SamlConnection, name: str) -> dict[str, Any] | None:
    """The document again; None where none is kept, or it does not open here."""
    if not isinstance(kept, bytes):
        return None
    try:
        plain = sealing.open_sealed(kept, key=_key(row), aad=_place(row, name))
    except CannotOpen:
        return None
    found: dict[str, Any] = json.loads(plain)
    return found


def _key(row: SamlConnection) -> bytes:
    key_id = row.organization.key_id
    return vault.read_keys([key_id])[key_id]


def _place(row: SamlConnection, name: str) -> bytes:
    return sealing.binding(
        table="workspaces_samlconnection", row=row.public_id, column=name
    )
