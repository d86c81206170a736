"""Mail goes to one person each; without a server it waits in the outbox."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core import mail as django_mail
from django.core.mail import BadHeaderError
from pytest_django import Settings

from kit import clock, mail

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path, settings: Settings) -> Path:
    settings.EMAIL_BACKEND = "kit.mail.FileOutbox"
    settings.CUSTOS_OUTBOX_DIR = tmp_path / "outbox"
    return tmp_path / "outbox"


def test_a_message_waits_in_the_outbox_for_its_owner_alone(folder: Path) -> None:
    mail.send(to="ada@example.test", subject="Zurück: 90 Tage", text="Grüße\nAda\n")

    (waiting,) = mail.outbox()
    assert waiting.to == "ada@example.test"
    assert waiting.subject == "Zurück: 90 Tage"
    assert waiting.text == "Grüße\nAda\n"
    (path,) = folder.iterdir()
    assert path.stat().st_mode & 0o777 == 0o600
    assert b"Auto-Submitted: auto-generated" in path.read_bytes()


def test_the_outbox_lists_the_newest_first(folder: Path) -> None:
    for minute in range(3):
        with clock.fixed_at(NOON + timedelta(minutes=minute)):
            mail.send(to="ada@example.test", subject=f"Number {minute}", text="x")

    assert [one.subject for one in mail.outbox(limit=2)] == ["Number 2", "Number 1"]


def test_an_outbox_that_was_never_used_is_empty(folder: Path) -> None:
    assert mail.outbox() == []


def test_a_message_may_carry_html_beside_its_text(folder: Path) -> None:
    mail.send(to="ada@example.test", subject="Report", text="plain", html="<p>rich</p>")

    (waiting,) = mail.outbox()
    assert waiting.text == "plain"
    assert b"text/html" in next(folder.iterdir()).read_bytes()


def test_a_configured_server_gets_the_message(settings: Settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.DEFAULT_FROM_EMAIL = "custos@example.test"

    mail.send(to="ada@example.test", subject="Report", text="plain")

    (sent,) = django_mail.outbox
    assert sent.to == ["ada@example.test"]
    assert sent.from_email == "custos@example.test"


@pytest.mark.parametrize(
    ("to", "subject"),
    [("ada@example.test", "a\nBcc: eve@x"), ("ada@example.test\nBcc: eve@x", "a")],
)
def test_a_smuggled_header_is_refused(folder: Path, to: str, subject: str) -> None:
    with pytest.raises(BadHeaderError):
        mail.send(to=to, subject=subject, text="x")

    assert mail.outbox() == []
