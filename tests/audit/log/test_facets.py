"""Whatever bytes stand in the log, sealing goes on and the list can show them."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from audit.log.facets import UNREADABLE, facet_of

_AT = datetime(2026, 11, 23, tzinfo=UTC)
_LEAF = {
    "time": "2026-11-23T09:15:07.000042Z",
    "action": "retention.policy.set",
    "outcome": "success",
    "actor_kind": "system",
    "actor": "sweeper",
    "target_kind": "policy",
    "target_id": "00000000-0000-0000-0000-000000000009",
}


def _facet(**changed: Any) -> Any:
    leaf = json.dumps(_LEAF | changed).encode()
    return facet_of(leaf, subject="", sealed_at=_AT)


def test_a_leaf_gives_what_the_list_filters_on() -> None:
    facet = _facet()

    assert facet.at == datetime(2026, 11, 23, 9, 15, 7, 42, tzinfo=UTC)
    assert (facet.action, facet.actor) == ("retention.policy.set", "sweeper")
    assert (facet.target_id, facet.workspace) == (_LEAF["target_id"], None)


@pytest.mark.parametrize(
    "leaf",
    [
        {"target_id": "9"},
        {"target_id": 9},
        {"workspace": "' or true"},
        {"time": "yesterday"},
        {"time": "2026-11-23T09:15:07"},
        {"time": None},
        {"action": "a\x00b"},
        {"actor": "\ud800"},
    ],
)
def test_what_cannot_be_read_is_filed_as_unreadable(leaf: dict[str, Any]) -> None:
    facet = _facet(**leaf)

    assert facet.action == UNREADABLE
    assert facet.at == _AT


@pytest.mark.parametrize("raw", [b"", b"late", b"[]", b"\xff\xfe", b"[" * 100_000])
def test_bytes_that_are_no_json_are_filed_as_unreadable(raw: bytes) -> None:
    assert facet_of(raw, subject="", sealed_at=_AT).action == UNREADABLE
