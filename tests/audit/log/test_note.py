"""Checkpoints are signed notes that other tools accept; edited ones are refused."""

import pytest

from audit.log import note
from audit.log.note import Checkpoint, Ended, NoteRefused
from audit.log.tree import EMPTY_ROOT
from kit.signing import SigningKey

_KEY = SigningKey(b"\x01" * 32)
_HEAD = Checkpoint(origin="portal.example.org/audit/x/1", size=613, root=EMPTY_ROOT)


def test_a_signed_head_opens_with_the_logs_key() -> None:
    signed = note.signed(_HEAD, key=_KEY)

    assert note.opened(signed, keys=[_KEY.named(_HEAD.origin)]) == _HEAD


def test_signatures_by_unknown_keys_are_ignored() -> None:
    other = SigningKey(b"\x02" * 32)
    signed = (
        note.signed(_HEAD, key=_KEY)
        + note.signed(_HEAD, key=other).rpartition("\n\n")[2]
    )

    assert note.opened(signed, keys=[_KEY.named(_HEAD.origin)]) == _HEAD
    assert note.opened(signed, keys=[other.named(_HEAD.origin)]) == _HEAD


def test_a_head_that_nobody_known_signed_is_refused() -> None:
    signed = note.signed(_HEAD, key=_KEY)

    with pytest.raises(NoteRefused, match="no known key"):
        note.opened(signed, keys=[SigningKey(b"\x02" * 32).named(_HEAD.origin)])


@pytest.mark.parametrize(
    ("old", "new"),
    [("613", "614"), ("613", "0613"), ("/x/", "/y/"), ("\n\n", "\n"), ("=", "!")],
)
def test_an_edited_head_is_refused(old: str, new: str) -> None:
    edited = note.signed(_HEAD, key=_KEY).replace(old, new, 1)

    with pytest.raises(NoteRefused):
        note.opened(edited, keys=[_KEY.named(_HEAD.origin)])


def test_a_head_binds_how_the_epoch_before_ended() -> None:
    ended = Ended(epoch=1, size=613, root=EMPTY_ROOT)
    head = Checkpoint(
        origin="portal.example.org/audit/x/2", size=7, root=EMPTY_ROOT, previous=ended
    )

    text = note.signed(head, key=_KEY)

    assert text.split("\n")[3] == ended.line
    assert note.opened(text, keys=[_KEY.named(head.origin)]) == head


def test_extension_lines_of_others_are_ignored() -> None:
    assert Checkpoint.parse(f"{_HEAD.text}previously 1\n") == _HEAD


@pytest.mark.parametrize(
    "line",
    [
        "previous 1 613",
        "previous 1 613 AAAA",
        "previous x 613 {0}",
        "previous 1 -1 {0}",
    ],
)
def test_a_head_that_binds_nonsense_is_refused(line: str) -> None:
    root = Ended(epoch=1, size=1, root=EMPTY_ROOT).line.split(" ")[3]

    with pytest.raises(NoteRefused):
        Checkpoint.parse(f"{_HEAD.text}{line.format(root)}\n")


def test_a_head_binds_one_epoch() -> None:
    line = Ended(epoch=1, size=1, root=EMPTY_ROOT).line

    with pytest.raises(NoteRefused, match="one previous"):
        Checkpoint.parse(f"{_HEAD.text}{line}\n{line}\n")
