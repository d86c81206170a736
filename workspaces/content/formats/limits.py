"""How large, deep and dense an input may be before it is refused."""

from dataclasses import dataclass

_MI = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one import accepts; the defaults are far above any real export.

    `values` bounds what a small text can unfold to in memory (`[],[],[],…`).
    `packed_ratio` counts once `free_bytes` have come out of an archive.
    """

    conversation_chars: int = 32 * _MI
    string_chars: int = 16 * _MI
    values: int = 1_000_000
    depth: int = 100
    total_bytes: int = 16 * 1024 * _MI
    file_bytes: int = 1024 * _MI
    packed_ratio: int = 200
    free_bytes: int = 16 * _MI
    members: int = 50_000
    directory_bytes: int = 8 * _MI


DEFAULT = Limits()
