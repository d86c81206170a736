"""Seals and opens what members wrote of a GPT, with the GPT's own key.

Every sealed value is bound to its GPT, its place and its column: a version's text does
not open as another version's, nor a reason as an instruction.
"""

import json
from typing import Any
from uuid import UUID

from kit.sealing import Sealer, binding

Stored = bytes | memoryview  # the driver hands out either


class Seals:
    """Seals and opens the content of one GPT."""

    def __init__(self, key: bytes, *, gpt: UUID) -> None:
        self.key = key
        self._sealer = Sealer(key)
        self._gpt = gpt

    def version(self, number: int, column: str, document: dict[str, object]) -> bytes:
        """The summary or the config of a version, sealed."""
        return self._seal(document, self._version(number, column))

    def open_version(self, number: int, column: str, sealed: Stored) -> dict[str, Any]:
        """The summary or the config of a version."""
        return self._open(sealed, self._version(number, column))

    def file(self, file: UUID, document: dict[str, object]) -> bytes:
        """Name and type of a file, sealed."""
        return self._seal(document, self._file(file, "sealed"))

    def open_file(self, file: UUID, sealed: Stored) -> dict[str, Any]:
        """Name and type of a file."""
        return self._open(sealed, self._file(file, "sealed"))

    def blob(self, file: UUID) -> bytes:
        """The place that a file's bytes are bound to in the blob store."""
        return self._file(file, "blob")

    def reason(self, review: UUID, text: str) -> bytes:
        """Why a version was sent back, sealed."""
        return self._seal({"reason": text}, self._review(review))

    def open_reason(self, review: UUID, sealed: Stored) -> str:
        """Why a version was sent back."""
        return str(self._open(sealed, self._review(review))["reason"])

    def _seal(self, document: dict[str, object], aad: bytes) -> bytes:
        plain = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
        return self._sealer.seal(plain.encode(), aad=aad)

    def _open(self, sealed: Stored, aad: bytes) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self._sealer.open(bytes(sealed), aad=aad))
        return found

    def _version(self, number: int, column: str) -> bytes:
        row = f"{self._gpt}/{number}"
        return binding(table="workspaces_gptversion", row=row, column=column)

    def _file(self, file: UUID, column: str) -> bytes:
        row = f"{self._gpt}/{file}"
        return binding(table="workspaces_gptfile", row=row, column=column)

    def _review(self, review: UUID) -> bytes:
        row = f"{self._gpt}/{review}"
        return binding(table="workspaces_gptreview", row=row, column="reason")
