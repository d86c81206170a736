"""Notices go out when they are due, later when they cannot, and not forever."""

from datetime import timedelta

import pytest

from kit import mail, scoping
from tests import cast
from tests.cast import NOON
from workspaces.notices import services
from workspaces.notices.models import Notice
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = pytest.mark.django_db


@pytest.fixture
def where() -> WorkspaceRef:
    return cast.workspace()


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    gone: list[str] = []
    monkeypatch.setattr(
        mail, "send", lambda *, to, subject, text: gone.append(f"{to}: {subject}")
    )
    return gone


def put(where: WorkspaceRef, **more: object) -> Notice:
    message: dict[str, object] = {
        "email": "Jun@halden.example",
        "subject": "A hold covers you",
        "text": "What you wrote is kept.",
    }
    return services.put(
        organization_id=where.organization.id,
        kind="hold.placed",
        at=NOON,
        **message | more,
    )


def test_what_is_due_goes_once(where: WorkspaceRef, sent: list[str]) -> None:
    put(where)

    assert services.send_due(at=NOON) == 1
    assert services.send_due(at=NOON) == 0
    assert sent == ["jun@halden.example: A hold covers you"]


def test_what_is_not_due_waits(where: WorkspaceRef, sent: list[str]) -> None:
    put(where, due_at=NOON + timedelta(hours=1))

    assert services.send_due(at=NOON) == 0
    assert services.send_due(at=NOON + timedelta(hours=1)) == 1


def test_without_a_mail_server_it_is_tried_later_and_then_given_up(
    where: WorkspaceRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_: object) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(mail, "send", refuse)
    notice = put(where)
    at = NOON
    for _ in range(services.MOST_TRIES):
        assert services.send_due(at=at) == 0
        at += timedelta(days=1)

    with scoping.organization(organization_id=where.organization.id):
        notice.refresh_from_db()
    assert notice.tries == services.MOST_TRIES
    assert notice.given_up_at is not None


def test_one_that_cannot_be_written_does_not_hold_up_the_others(
    where: WorkspaceRef,
) -> None:
    put(where, subject="A hold\ncovers you")
    put(where, due_at=NOON + timedelta(seconds=1))

    assert services.send_due(at=NOON + timedelta(minutes=1)) == 1


def test_the_owner_reads_what_was_sent(where: WorkspaceRef, sent: list[str]) -> None:
    put(where)
    owner = cast.owner(where).client()

    page = owner.get("/o/halden-instruments/outbox/").content.decode()

    assert "A hold covers you" in page
    assert cast.admin(where).client().get(
        "/o/halden-instruments/outbox/"
    ).status_code == (404)
