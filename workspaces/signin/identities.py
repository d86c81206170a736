"""The key under which an identity provider's name for a person is kept."""

from hashlib import sha256

# What allauth's column holds; longer names are kept by their hash.
_UID_MAX = 191


def uid_of(name_id: str) -> str:
    """The account key of a NameID; compared byte by byte, never folded."""
    if len(name_id) <= _UID_MAX:
        return name_id
    return f"sha256:{sha256(name_id.encode()).hexdigest()}"
