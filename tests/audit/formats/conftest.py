"""Entries to write out, as the explorer shows them."""

from typing import Any
from uuid import UUID

import pytest

from audit.explorer.selectors import Shown
from audit.log.leaf import Leaf
from audit.log.selectors import Log
from tests.audit.conftest import AT

ORGANIZATION = UUID("0d4b3a5e-70f5-4a4c-9d0f-6c7f2f6f2a11")
TARGET = UUID("7a0c7f0e-2d1b-4b7e-8f5b-0d2b8f1c9a22")


@pytest.fixture
def log() -> Log:
    return Log(
        organization_id=1,
        uuid=ORGANIZATION,
        origin=f"custos.example/audit/{ORGANIZATION}",
        slug="halden",
        name="Halden",
        key_id=UUID(int=3),
    )


def shown(action: str = "retention.policy.set", **given: Any) -> Shown:
    """An entry of Mara's, sealed as number 7 of epoch 2."""
    opened = {
        "actor_id": "11111111-2222-4333-8444-555555555555",
        "actor_label": "mara.lindqvist@halden.example",
        "actor_role": "owner",
        "ip": "203.0.113.24",
        "user_agent": "Firefox/140.0",
        "reason": "=2+2|a\nb",
        "change.days": [90, 30],
        "detail.name": "Legal | research",
    }
    opened = given.pop("opened", opened)
    names = given.pop("committed", opened)
    fields = {
        "id": UUID("01936e2a-0000-7000-8000-000000000001"),
        "time": AT,
        "organization": ORGANIZATION,
        "action": action,
        "outcome": "success",
        "actor_kind": "user",
        "target_kind": "policy",
        "target_id": TARGET,
        "commit": dict.fromkeys(names, "c29tZQ=="),
    }
    leaf = Leaf(**(fields | given))
    return Shown(
        raw=leaf.encoded(), leaf=leaf, opened=opened, is_true=True, epoch=2, index=7
    )


UNREADABLE = Shown(raw=b"\xff{", leaf=None, opened={}, is_true=False, epoch=2, index=8)
