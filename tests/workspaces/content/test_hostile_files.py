"""Malformed and hostile files: one sentence with file and place, and no content."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.workspaces.content.files import (
    conversation,
    drafts,
    write_gzip,
    write_json,
    write_lines,
    write_zip,
)
from workspaces.content.formats.flaws import ImportRefused
from workspaces.content.formats.limits import Limits
from workspaces.content.formats.registry import Format

SMALL = Limits(
    conversation_chars=1_000_000,
    string_chars=10_000,
    values=50_000,
    total_bytes=50_000_000,
    free_bytes=100_000,
    members=20,
)
SECRET = "the-secret-text"


def refusal(path: Path, **how: Any) -> str:
    with pytest.raises(ImportRefused) as refused:
        list(drafts(path, limits=SMALL, **how))
    assert SECRET not in str(refused.value)
    return str(refused.value)


def second(**more: Any) -> list[dict[str, Any]]:
    """A file whose second conversation is the one at fault."""
    return [conversation(1), conversation(2, **more)]


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"mapping": [SECRET]}, "“mapping” should be an object"),
        ({"mapping": {"q": SECRET}}, "node 1: it should be an object"),
        ({"mapping": {"q": {"message": 5}}}, "node 1: “message” should be an object"),
        ({"mapping": {"q": {"parent": 5}}}, "node 1: “parent” should be a text"),
        ({"mapping": {"q": {"children": "r"}}}, "“children” should be a list"),
        ({"mapping": {"q": {"children": [1]}}}, "“children” should be a list of texts"),
        ({"mapping": {"q": {"message": {"author": SECRET}}}}, "“author” should be"),
        ({"title": {"a": SECRET}}, "“title” should be a text"),
        ({"create_time": [SECRET]}, "“create_time” should be a time"),
        ({"create_time": True}, "“create_time” should be a time"),
        ({"create_time": 1e300}, "“create_time” should be a time"),
        ({"create_time": 10**400}, "“create_time” should be a time"),
        ({"update_time": SECRET}, "“update_time” should be a time"),
        ({"current_node": 5}, "“current_node” should be a text"),
        ({"conversation_id": [SECRET]}, "“conversation_id” should be a text"),
        ({"title": "a\0b"}, "a text holds a NUL character"),
        ({"a\0b": 1}, "a text holds a NUL character"),
    ],
)
def test_wrong_types_are_named_with_their_place(
    tmp_path: Path, more: dict[str, Any], why: str
) -> None:
    path = write_json(tmp_path / "export.json", second(**more))

    said = refusal(path)

    assert said.startswith("export.json, conversation 2")
    assert why in said


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('[{"title": "a"}', "conversation 2: the JSON breaks off at its end"),
        ('[{"title": "the-secret-text', "conversation 1: the JSON breaks off"),
        ('[{"title": }]', "conversation 1: this is not JSON at character 12"),
        ('[{"title": "a"}] the-secret-text', "this is not JSON at character 18"),
        ('[{"title": NaN}]', "NaN is not a number in JSON"),
        ('[{"title": -Infinity}]', "-Infinity is not a number in JSON"),
        ('[{"create_time": 1e999}]', "a number that is too large"),
        ('[{"create_time": ' + "9" * 5000 + "}]", "a number of too many digits"),
        ('[{"title": "a", "title": "b"}]', "names the same key twice"),
        ('[{"title": "a\0b"}]', "conversation 1: this is not JSON at character 14"),
        ('["the-secret-text"]', "conversation 1: this is not a conversation"),
        ("[[]]", "conversation 1: this is not a conversation"),
        ('{"a": 1}', "this is not a conversation"),
        ('"the-secret-text"', "this is not a chat export"),
        ("", "this is not a chat export"),
        ("the-secret-text", "this is not a chat export"),
    ],
)
def test_broken_json_is_named_with_its_place(
    tmp_path: Path, text: str, why: str
) -> None:
    path = tmp_path / "export.json"
    path.write_text(text)

    said = refusal(path, form=Format.CHATGPT)

    assert said.startswith("export.json")
    assert why in said


def test_text_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "export.json"
    path.write_bytes(b'[{"title": "\xff\xfe"}]')

    assert refusal(path) == "export.json: the text is not UTF-8."


@pytest.mark.parametrize("depth", [101, 10_000, 1_000_000])
def test_deep_json_is_refused(tmp_path: Path, depth: int) -> None:
    path = tmp_path / "export.json"
    path.write_text('[{"title": ' + "[" * depth)
    closed = tmp_path / "closed.jsonl"
    closed.write_text('{"id":"a","messages":' + "[" * depth + "]" * depth + "}")

    assert "deeper than 100 levels" in refusal(closed) or depth > 50_000
    if depth > 101:
        assert "export.json, conversation 1:" in refusal(path, form=Format.CHATGPT)


def test_a_long_text_is_refused(tmp_path: Path) -> None:
    path = write_json(tmp_path / "export.json", second(title="a" * 20_000))

    assert "a text is longer than 10,000 characters" in refusal(path)


def test_a_conversation_too_large_is_refused(tmp_path: Path) -> None:
    path = write_json(tmp_path / "export.json", second(more=["a" * 9_000] * 200))

    said = refusal(path)

    assert said.startswith("export.json, conversation 2: one conversation is longer")


def test_a_line_too_long_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"id": "a", "messages": []}\n' + "x" * 2_000_000)

    said = refusal(path)

    assert said.startswith("a.jsonl, line 2: one conversation is longer than")


def test_a_text_that_unfolds_to_many_values_is_refused(tmp_path: Path) -> None:
    path = write_json(
        tmp_path / "export.json", second(more=[[] for _ in range(60_000)])
    )

    assert "holds more than 50,000 values" in refusal(path)


def test_more_than_one_import_may_hold_is_refused(tmp_path: Path) -> None:
    blank = b" " * 999_999 + b"\n"
    path = write_gzip(tmp_path / "a.jsonl.gz", *[blank] * 60)
    plain = tmp_path / "plain.jsonl"
    plain.write_bytes(blank * 51)

    assert "larger than one import may be" in refusal(plain)
    assert "a decompression bomb" in refusal(path)


def test_a_zip_bomb_is_refused(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "bomb.zip", conversations__json=b" " * 10_000_000)

    said = refusal(path)

    assert said.startswith("bomb.zip/conversations.json: it unpacks to far more")


def test_an_archive_that_lies_about_its_size_is_refused(tmp_path: Path) -> None:
    content = json.dumps([conversation(n) for n in range(500)])
    path = write_zip(tmp_path / "liar.zip", conversations__json=content)
    data = bytearray(path.read_bytes())
    place = data.rfind(b"PK\x01\x02")
    data[place + 24 : place + 28] = (1_000).to_bytes(4, "little")
    path.write_bytes(data)

    assert "the archive is damaged" in refusal(path)


def test_an_encrypted_archive_is_refused(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "locked.zip", conversations__json="[]")
    data = bytearray(path.read_bytes())
    data[data.rfind(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)

    assert refusal(path) == "locked.zip: the archive is encrypted; unlock it first."


@pytest.mark.parametrize("name", ["../conversations.json", "/conversations.json"])
def test_a_name_that_leads_outside_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / "out.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, "[]")

    assert "leads outside" in refusal(path)


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "twice.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("conversations.json", "[]")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("conversations.json", "[]")

    assert "two files of the same name" in refusal(path)


def test_too_many_files_are_refused(tmp_path: Path) -> None:
    names = {f"f{number}__txt": "" for number in range(30)}
    path = write_zip(tmp_path / "many.zip", conversations__json="[]", **names)

    assert "more than 20 files" in refusal(path)


def test_a_huge_table_of_contents_is_refused_unread(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "huge.zip", conversations__json="[]")
    data = bytearray(path.read_bytes())
    place = data.rfind(b"PK\x05\x06")
    data[place + 12 : place + 16] = (2**31).to_bytes(4, "little")
    path.write_bytes(data)

    assert "table of contents is too large" in refusal(path)


def test_an_archive_inside_an_archive_is_not_opened(tmp_path: Path) -> None:
    inner = write_zip(tmp_path / "inner.zip", conversations__json="[]").read_bytes()
    path = write_zip(tmp_path / "outer.zip", inner__zip=inner)

    assert refusal(path) == "outer.zip: the archive holds no conversations.json."


@pytest.mark.parametrize("name", ["a.zip", "a.json.gz"])
@pytest.mark.parametrize("kept", [8, 40, 150])
def test_an_archive_cut_off_is_refused(tmp_path: Path, name: str, kept: int) -> None:
    content = json.dumps([conversation(n) for n in range(50)]).encode()
    if name.endswith(".zip"):
        path = write_zip(tmp_path / name, conversations__json=content)
    else:
        path = write_gzip(tmp_path / name, content)
    path.write_bytes(path.read_bytes()[:kept])

    assert refusal(path) in {
        f"{name}: the archive is damaged.",
        f"{name}, conversation 1: the archive is damaged.",
    }


def test_a_member_with_a_wrong_checksum_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "flip.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("conversations.json", json.dumps([conversation()]))
    data = path.read_bytes().replace(b"How are you?", b"How art you?")
    path.write_bytes(data)

    assert "the archive is damaged" in refusal(path)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path / "none.json") == "none.json: there is no such file."
    assert "there is no such file" in refusal(tmp_path)


def test_a_bad_line_is_named(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.jsonl", {"id": "a", "messages": []})
    with path.open("a") as file:
        file.write('\n{"id": "b", "messages": [5]}\n')

    assert refusal(path).startswith("a.jsonl, line 3: “messages” should be a list of")


@pytest.mark.parametrize(
    ("message", "why"),
    [
        ({"role": 5}, "message 1: “role” should be a text"),
        ({"ts": SECRET}, "message 1: “ts” should be a time"),
        ({"provenance": SECRET}, "“provenance” should be chat"),
        ({"tool_calls": SECRET}, "“tool_calls” should be a list"),
        ({"attachments": [SECRET]}, "“attachments” should be a list of objects"),
    ],
)
def test_wrong_types_in_a_line_are_named(
    tmp_path: Path, message: dict[str, Any], why: str
) -> None:
    path = write_lines(tmp_path / "a.jsonl", {"id": "a", "messages": [message]})

    said = refusal(path)

    assert said.startswith("a.jsonl, line 1")
    assert why in said
