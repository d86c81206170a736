"""The keys that sign heads: the one in its file, and for a while the one before it.

While the key is rotated the old one lies beside the new one, as `<name>.previous`: the
next head of each log is signed by both, and so says that the log goes on. The public
halves of all keys that ever signed stay in the folder of checkpoints.
"""

import base64
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from audit.log import note
from audit.log.note import NoteRefused
from kit import keyfiles, signing
from kit.signing import SigningKey, VerifierKey

_SEED_BYTES = 32


@dataclass(frozen=True, kw_only=True)
class Ring:
    """The key that signs, and the one that it follows until every log has changed."""

    current: SigningKey
    previous: SigningKey | None = None

    def signers(self, *, origin: str, newest: str | None) -> list[SigningKey]:
        """Who signs the head after `newest`: both, where only the old key signed it."""
        if self.previous is None or newest is None:
            return [self.current]
        if signed_by(newest, key=self.current, origin=origin):
            return [self.current]
        return [self.current, self.previous]


def ring() -> Ring:
    """The keys in their files; the first is made where there is none."""
    current = signing.load_or_create(_file())
    previous = signing.load(_previous()) if _previous().exists() else None
    return Ring(current=current, previous=previous)


def signed_by(text: str, *, key: SigningKey, origin: str) -> bool:
    """Whether a note bears the signature of this key under the name of a log."""
    return signed_by_any(text, keys=[key.named(origin)])


def signed_by_any(text: str, *, keys: Iterable[VerifierKey]) -> bool:
    """Whether a note bears the signature of one of these keys."""
    try:
        note.opened(text, keys=keys)
    except NoteRefused:
        return False
    return True


def next_key() -> SigningKey:
    """A fresh key beside the one that signs; what a crash left is taken up again."""
    fresh = _file().with_suffix(".next")
    if not fresh.exists():
        seed = base64.b64encode(os.urandom(_SEED_BYTES)).decode()
        keyfiles.create(fresh, f"{seed}\n")
    return signing.load(fresh)


def exchange() -> None:
    """Puts the next key in place; there is a key under the name at every moment."""
    text = keyfiles.read(_file())
    keyfiles.create(_previous(), text)
    keyfiles.replace(_file(), keyfiles.read(_file().with_suffix(".next")))
    _file().with_suffix(".next").unlink()


def retire() -> None:
    """Removes the old private key: nothing is signed with it any more."""
    _previous().unlink()


def _file() -> Path:
    return Path(settings.CUSTOS_LOG_KEY_FILE)


def _previous() -> Path:
    return _file().with_suffix(".previous")
