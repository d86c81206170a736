"""Two front ends ask for one member's token at the same moment it has run out."""

import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections

from tests.cast import NOON, OPERATOR, Person
from tests.workspaces.connectors.conftest import SetUp, linked, opened
from workspaces.connectors import oauth, services
from workspaces.connectors.models import ConnectorGrant
from workspaces.connectors.oauth import App, Tokens
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = pytest.mark.django_db(transaction=True)


def test_it_is_renewed_once_and_both_get_the_new_one(
    where: WorkspaceRef, jun: Person, set_up: SetUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An app that rotates refresh tokens takes each one once."""
    set_up()
    linked(jun)
    with opened(where):
        ConnectorGrant.objects.update(expires_at=NOON)
    spent: list[str] = []

    def renew(_app: App, *, refresh_token: str, at: Any) -> Tokens:
        spent.append(refresh_token)
        time.sleep(0.3)  # the other one comes meanwhile
        return Tokens(
            access=f"renewed {len(spent)}",
            refresh=f"refresh {len(spent)}",
            kind="Bearer",
            scopes=(),
            expires_at=at + timedelta(hours=1),
        )

    monkeypatch.setattr(oauth, "refreshed", renew)
    got: list[str] = []

    def ask() -> None:
        try:
            released = services.release(
                actor=OPERATOR,
                workspace=where,
                member=jun.membership.public_id,
                connector="google-drive",
                action="files.read",
                at=NOON,
            )
            got.append(released.token)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert spent == ["refresh"]
    assert got == ["renewed 1"] * 4
