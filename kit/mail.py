"""Sends mail, one person a message; without a mail server it fills a file outbox."""

import contextlib
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as modern
from email.utils import parsedate_to_datetime
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage as DjangoMessage
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend

from kit import clock
from kit.ids import new_uuid7

# Keeps out-of-office answers away (RFC 3834).
_HEADERS = {"Auto-Submitted": "auto-generated"}


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """A message in the file outbox."""

    id: str
    sent_at: datetime
    sender: str
    to: str
    subject: str
    text: str


def send(*, to: str, subject: str, text: str, html: str | None = None) -> None:
    """Send one message to one address; raises what the mail server refuses.

    Never put content of conversations into mail: it cannot be purged from there.
    """
    message = EmailMultiAlternatives(subject, text, None, [to], headers=_HEADERS)
    if html is not None:
        message.attach_alternative(html, "text/html")
    message.send()


def outbox(*, limit: int = 50) -> list[Outgoing]:
    """The newest messages of the file outbox."""
    paths = sorted(_folder().glob("*.eml"), reverse=True)
    return [_read(path) for path in paths[:limit]]


def is_set_up() -> bool:
    """Whether mail leaves for anybody's mailbox; otherwise it fills the file outbox."""
    return str(settings.EMAIL_BACKEND) != f"{__name__}.FileOutbox"


class FileOutbox(BaseEmailBackend):
    """Writes each message as one .eml file into CUSTOS_OUTBOX_DIR, for its owner alone.

    File names begin with the time, so that their order is the order of sending.
    """

    def send_messages(self, email_messages: Sequence[DjangoMessage]) -> int:
        """Keep the messages; returns how many."""
        folder = _folder()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for message in email_messages:
            name = f"{new_uuid7(at=clock.now())}.eml"
            _write(folder / name, message.message().as_bytes())
        return len(email_messages)


def _folder() -> Path:
    return Path(settings.CUSTOS_OUTBOX_DIR)


def _write(path: Path, content: bytes) -> None:
    descriptor, name = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        Path(name).replace(path)
    except OSError:
        with contextlib.suppress(FileNotFoundError):
            Path(name).unlink()
        raise


def _read(path: Path) -> Outgoing:
    message = message_from_bytes(path.read_bytes(), _class=EmailMessage, policy=modern)
    body = message.get_body(("plain",))
    return Outgoing(
        id=path.stem,
        sent_at=parsedate_to_datetime(str(message["Date"])),
        sender=str(message["From"]),
        to=str(message["To"]),
        subject=str(message["Subject"]),
        text=body.get_content() if body else "",
    )
