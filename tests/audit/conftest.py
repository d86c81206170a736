"""Logs, actors and entries for the tests of the audit app."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings

from audit import recording
from audit.expiry import guards
from audit.expiry.guards import Keeper, Kept
from audit.log import sequencer, services
from audit.recording import Target
from kit import clock, scoping, vault
from kit.actor import Actor, ActorKind
from kit.ids import new_uuid
from kit.permissions import Permission

AT = datetime(2026, 11, 23, 9, 15, 7, tzinfo=UTC)
_numbers = itertools.count(7_000_000)


@dataclass(frozen=True, kw_only=True)
class Tenant:
    """An organization, as far as its log knows it."""

    id: int
    uuid: UUID
    slug: str

    def record(self, action: str = "retention.policy.set", **given: Any) -> int:
        """Records one act of Mara's."""
        given = {"actor": MARA, "target": Target(kind="policy", id=UUID(int=9))} | given
        with scoping.organization(organization_id=self.id):
            return recording.record(
                action=action, organization_id=self.id, at=AT, **given
            )


MARA = Actor(
    kind=ActorKind.USER,
    id="11111111-2222-4333-8444-555555555555",
    label="mara.lindqvist@halden.example",
    role="owner",
    permissions=frozenset(Permission),
    ip="203.0.113.24",
    user_agent="Firefox/140.0",
)


@pytest.fixture(autouse=True)
def fixed_clock() -> Iterator[None]:
    with clock.fixed_at(AT):
        yield


@pytest.fixture
def checkpoint_folder(settings: Any, tmp_path: Path) -> Path:
    """A folder of published heads for this test alone."""
    settings.CUSTOS_CHECKPOINT_DIR = tmp_path / "checkpoints"
    return tmp_path / "checkpoints"


def publish_anything(uuid: UUID, note: str) -> None:
    """Puts a note where the sequencer would never put it."""
    (Path(settings.CUSTOS_CHECKPOINT_DIR) / str(uuid)).write_text(note)


def _open(slug: str) -> Tenant:
    tenant = Tenant(id=next(_numbers), uuid=new_uuid(), slug=slug)
    services.open_log(
        organization_id=tenant.id,
        organization_uuid=tenant.uuid,
        slug=slug,
        name=slug.title(),
        key_id=vault.make_keys(parent=None)[0].id,
        at=AT,
    )
    return tenant


@pytest.fixture
def halden(db: None, checkpoint_folder: Path) -> Tenant:
    return _open("halden")


@pytest.fixture
def brightwater(db: None, checkpoint_folder: Path) -> Tenant:
    return _open("brightwater")


@pytest.fixture
def seal() -> Callable[[], int]:
    return lambda: sequencer.seal(at=AT)


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> list[Kept]:
    """What holds keep; nothing for an empty list."""
    said: list[Kept] = []
    keeper = Keeper(
        lock=lambda _alias: None, look=lambda *_: said[0] if said else Kept()
    )
    monkeypatch.setattr(guards, "_known", [keeper])
    return said
