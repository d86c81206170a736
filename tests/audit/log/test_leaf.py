"""Canonical bytes equal RFC 8785's, and what has no canonical form is refused."""

from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from typing import Any
from uuid import UUID

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from audit.log import leaf
from audit.log.leaf import Leaf, LeafRefused

_TEXT = st.text(alphabet=st.characters(exclude_characters="\x00", codec="utf-8"))
_KEY = st.text(alphabet=st.characters(min_codepoint=1, max_codepoint=127))
_INTEGER = st.integers(min_value=-(2**53 - 1), max_value=2**53 - 1)
_VALUE: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | _INTEGER | _TEXT,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(_KEY, inner, max_size=4)
    ),
    max_leaves=12,
)
_LEAF = Leaf(
    id=UUID("019ab000-0000-7000-8000-000000000001"),
    time=datetime(2026, 11, 23, 9, 15, 7, 42, tzinfo=UTC),
    organization=UUID(int=7),
    action="retention.policy.set",
    outcome="success",
    actor_kind="user",
    target_kind="policy",
    target_id=UUID(int=9),
    counts={"conversations": 3},
    commit={"reason": "x" * 44},
)


@given(value=_VALUE)
def test_bytes_equal_rfc8785(value: Any) -> None:
    assert leaf.canonical(value) == rfc8785.dumps(value)


def test_a_leaf_reads_back_as_it_was_written() -> None:
    assert Leaf.parse(_LEAF.encoded()) == _LEAF


def test_a_leaf_has_fixed_bytes() -> None:
    assert _LEAF.encoded() == (
        b'{"action":"retention.policy.set","actor_kind":"user",'
        b'"commit":{"reason":"' + b"x" * 44 + b'"},"counts":{"conversations":3},'
        b'"id":"019ab000-0000-7000-8000-000000000001",'
        b'"organization":"00000000-0000-0000-0000-000000000007","outcome":"success",'
        b'"target_id":"00000000-0000-0000-0000-000000000009","target_kind":"policy",'
        b'"time":"2026-11-23T09:15:07.000042Z","v":1}'
    )


@pytest.mark.parametrize(
    "value",
    [
        1.5,
        float("nan"),
        2**53,
        2**64,
        datetime(2026, 11, 23, tzinfo=UTC),
        UUID(int=7),
        ("a", "tuple"),
        "a\x00b",
        "\ud800",
        b"bytes",
        {"k\u00e9y": 1},
        {1: "x"},
        ["deep", {"x": [0.1]}],
        {"set": {1}},
    ],
)
def test_what_has_no_canonical_form_is_refused(value: Any) -> None:
    with pytest.raises(LeafRefused):
        leaf.canonical(value)


class _Kind(StrEnum):
    FILES = "files"


def test_names_and_values_may_be_of_an_enumeration() -> None:
    assert leaf.canonical({_Kind.FILES: _Kind.FILES}) == b'{"files":"files"}'


@pytest.mark.parametrize(
    ("at", "written"),
    [
        (datetime(999, 1, 2, tzinfo=UTC), "0999-01-02T00:00:00.000000Z"),
        (
            datetime(2026, 1, 1, 1, tzinfo=timezone(timedelta(hours=2))),
            "2025-12-31T23:00:00.000000Z",
        ),
    ],
)
def test_times_are_in_utc_with_every_digit(at: datetime, written: str) -> None:
    assert leaf.moment(at) == written


def test_a_leaf_over_32_kib_is_refused() -> None:
    counts = {f"count_{n:06d}": n for n in range(2_000)}
    large = Leaf(**{**_fields(), "counts": counts})

    with pytest.raises(LeafRefused, match="32768 bytes"):
        large.encoded()


@pytest.mark.parametrize("action", ["", "two words", 'quo"te', "e\u0301", "x" * 65])
def test_a_word_that_is_not_plain_is_refused(action: str) -> None:
    with pytest.raises(LeafRefused):
        Leaf(**{**_fields(), "action": action}).encoded()


@pytest.mark.parametrize("written", [b"", b"[]", b"{}", b'{"v":2}', b"\xff", b"null"])
def test_bytes_that_are_no_entry_are_refused(written: bytes) -> None:
    with pytest.raises(LeafRefused):
        Leaf.parse(written)


def test_a_commitment_opens_with_its_salt_alone() -> None:
    salt = leaf.new_salt()
    made = leaf.commitment(name="ip", value="203.0.113.24", salt=salt)

    assert made == leaf.commitment(name="ip", value="203.0.113.24", salt=salt)
    assert made != leaf.commitment(name="ip", value="203.0.113.25", salt=salt)
    assert made != leaf.commitment(name="reason", value="203.0.113.24", salt=salt)
    assert made != leaf.commitment(
        name="ip", value="203.0.113.24", salt=leaf.new_salt()
    )


def _fields() -> dict[str, Any]:
    return {name: getattr(_LEAF, name) for name in Leaf.__dataclass_fields__}
