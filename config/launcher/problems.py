"""What stops a start, as one sentence that tells a person what to do."""

import errno
from pathlib import Path

_SENTENCES = {
    errno.ENOSPC: "The disk that holds {path} is full: make room and start again.",
    errno.EDQUOT: "Your disk quota for {path} is used up: make room and start again.",
    errno.EROFS: "{path} is read-only: set CUSTOS_HOME to a folder you may write.",
    errno.EACCES: "{path} is closed to you: set CUSTOS_HOME to a folder you may write.",
    errno.EPERM: "{path} is closed to you: set CUSTOS_HOME to a folder you may write.",
}


class CannotStart(Exception):
    """Start-up ends here; the message is the whole explanation."""


def sentence(error: OSError, *, home: Path) -> str:
    """What to do about an error of the operating system."""
    path = error.filename or home
    known = _SENTENCES.get(error.errno or 0)
    return known.format(path=path) if known else f"{path}: {error.strerror or error}."


def last_line(log: Path) -> str:
    """The last line of a log that says anything, for the end of a sentence."""
    try:
        text = log.read_bytes()[-4096:].decode(errors="replace")
    except OSError:
        return ""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""
