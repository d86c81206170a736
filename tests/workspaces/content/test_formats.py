"""Reading the formats: every shape that real files have."""

import json
from pathlib import Path

import pytest

from tests.workspaces.content.files import (
    SAMPLES,
    conversation,
    drafts,
    node,
    write_json,
    write_lines,
    write_zip,
)
from workspaces.content.formats.flaws import ImportRefused
from workspaces.content.formats.registry import READERS, Format
from workspaces.content.tree import Damage

# Nodes and messages of each sample, counted by hand in the format's description.
COUNTS = {
    "0x1adi-chatlectify.json": (3, 3),
    "2015pulsar-conversations.json": (24, 18),
    "2015pulsar-hardening.json": (16, 11),
    "arthurgareginyan-convonaut.json": (42, 35),
    "librechat-chatgpt-citations.json": (2, 2),
    "librechat-chatgpt-export.json": (23, 21),
    "librechat-chatgpt-modern-export.json": (9, 7),
    "librechat-chatgpt-tree.json": (13, 12),
    "marcopolo-synthetic-openai-export.zip": (10, 10),
    "mikegraham-minimal.json": (15, 10),
    "misaka310-sample.json": (10, 10),
    "mitkury-branch.json": (6, 6),
    "noo-bass-branching.json": (7, 5),
    "quentinous-sample_export.zip": (6, 6),
    "realazthat-chatgpt2graph.json": (45, 44),
    "snezhana-bot-knows.json": (6, 6),
}
KEPT_HERE = sorted(path.name for path in (SAMPLES / "chatgpt").iterdir())


def counted(path: Path) -> tuple[int, int]:
    found = list(drafts(path))
    nodes = sum(len(draft.nodes) for draft in found)
    return nodes, sum(draft.message_count for draft in found)


@pytest.mark.allowed_skip
@pytest.mark.parametrize("name", COUNTS)
def test_every_sample_has_the_nodes_and_messages_it_should(
    name: str, shared_data: Path
) -> None:
    assert counted(shared_data / "chatgpt-export" / name) == COUNTS[name]


@pytest.mark.parametrize("name", KEPT_HERE)
def test_the_samples_kept_here_are_read_alike(name: str) -> None:
    assert counted(SAMPLES / "chatgpt" / name) == COUNTS[name]


@pytest.mark.parametrize("name", [n for n in KEPT_HERE if n.endswith(".json")])
def test_what_is_taken_apart_can_be_put_together_again(name: str) -> None:
    path = SAMPLES / "chatgpt" / name
    source = json.loads(path.read_text())
    items = source if isinstance(source, list) else list(source.values())

    found = [
        READERS[Format.CHATGPT].compose(
            draft.raw, [(node.key, node.node) for node in draft.nodes]
        )
        for draft in drafts(path)
    ]

    assert found == items


def test_irc_threads_are_read_as_they_are() -> None:
    found = list(drafts(SAMPLES / "ubuntu-irc.jsonl"))

    assert len(found) == 100
    assert {draft.source for draft in found} == {"jsonl"}
    assert all(draft.last_activity_at and draft.external_id for draft in found)
    assert {node.role for draft in found for node in draft.nodes} == {"user"}


def test_branches_off_the_path_are_kept() -> None:
    (draft,) = drafts(SAMPLES / "chatgpt" / "librechat-chatgpt-tree.json")

    off_path = [n for n in draft.nodes if n.has_message and not n.is_on_path]
    assert len(off_path) == 5


def test_damage_is_told_per_conversation() -> None:
    (draft,) = drafts(SAMPLES / "chatgpt" / "librechat-chatgpt-citations.json")
    modern = list(drafts(SAMPLES / "chatgpt" / "librechat-chatgpt-modern-export.json"))

    assert draft.damage == {
        Damage.LOST_PARENT,
        Damage.LOST_CHILD,
        Damage.LOST_CURRENT,
    }
    assert [d.damage for d in modern].count(frozenset({Damage.NO_TREE})) == 1


def test_a_file_named_twice_is_one_file() -> None:
    found = list(drafts(SAMPLES / "chatgpt" / "2015pulsar-hardening.json"))

    assert [len(draft.files) for draft in found] == [0, 0, 1, 1, 1]
    assert found[2].files[0].description["name"] == "example.zip"


def test_hidden_messages_are_flagged_and_kept(tmp_path: Path) -> None:
    nodes = {
        "r": {"id": "r", "parent": None, "children": ["s"], "message": None},
        "s": node("s", "r", ["t"], "system", ""),
        "t": node("t", "s", ["u"], "assistant", "thinking", channel="analysis"),
        "u": node("u", "t", ["v"], "assistant", "call", recipient="browser"),
        "v": node("v", "u", ["w"], "user", "profile", weight=0),
        "w": node("w", "v", [], "assistant", "Hello"),
    }
    path = write_json(tmp_path / "a.json", [conversation(mapping=nodes)])

    (draft,) = drafts(path)

    assert [n.is_hidden for n in draft.nodes] == [False, True, True, True, True, False]
    assert [n.has_message for n in draft.nodes] == [False] + [True] * 5


@pytest.mark.parametrize(
    ("tool", "provenance"),
    [
        ("browser", "chat"),
        ("web.run", "chat"),
        ("file_search", "upload"),
        ("Google_Drive.search", "connector:google_drive"),
    ],
)
def test_a_tool_message_tells_where_its_text_comes_from(
    tmp_path: Path, tool: str, provenance: str
) -> None:
    told = node("q", "r", [], "tool", "found")
    told["message"]["author"]["name"] = tool
    path = write_json(tmp_path / "a.json", [conversation(mapping={"q": told})])

    (draft,) = drafts(path)

    assert draft.nodes[0].provenance == provenance


def test_an_attachment_of_a_connector_says_which(tmp_path: Path) -> None:
    attached = [
        {"id": "f1", "name": "plan.txt", "size": 12, "source": "gdrive"},
        {"id": "f2", "name": "own.txt"},
    ]
    asked = node("q", None, [], "user", "See", metadata={"attachments": attached})
    path = write_json(tmp_path / "a.json", [conversation(mapping={"q": asked})])

    (draft,) = drafts(path)

    assert [f.provenance for f in draft.files] == ["connector:gdrive", "upload"]
    assert [f.byte_count for f in draft.files] == [12, 0]


def test_the_clock_is_the_newest_of_all_times(tmp_path: Path) -> None:
    late = conversation()
    late["mapping"]["a"]["message"]["update_time"] = 1_800_000_000
    path = write_json(tmp_path / "a.json", [late])

    (draft,) = drafts(path)

    assert draft.last_activity_at is not None
    assert draft.last_activity_at.timestamp() == 1_800_000_000
    assert draft.created_at is not None
    assert draft.created_at.timestamp() == 1_700_000_001


@pytest.mark.parametrize("shape", ["list", "wrapped", "single", "named"])
def test_every_top_level_shape_is_read(tmp_path: Path, shape: str) -> None:
    one = conversation()
    shapes = {
        "list": [one],
        "wrapped": {"version": 1, "conversations": [one]},
        "single": one,
        "named": {"first": one},
    }
    path = write_json(tmp_path / "export.json", shapes[shape])

    (draft,) = drafts(path)

    assert (draft.external_id, len(draft.nodes)) == ("c1", 3)


def test_a_split_archive_is_read_in_order_with_its_owner(tmp_path: Path) -> None:
    path = write_zip(
        tmp_path / "export.zip",
        **{
            "x___conversations-001__json": json.dumps([conversation(2)]),
            "x___conversations-000__json": json.dumps([conversation(1)]),
            "x___user__json": json.dumps({"email": "Ada@halden.example"}),
            "x___chat__html": "<p>no</p>",
        },
    )

    found = list(drafts(path))

    assert [draft.external_id for draft in found] == ["c1", "c2"]
    assert {draft.owner_email for draft in found} == {"Ada@halden.example"}


def test_halves_of_surrogate_pairs_and_floats_come_back_exactly(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(
        '{"id":"a","messages":[{"role":"user","text":"\\ud83d cut","x":0.1}]}'
    )

    (draft,) = drafts(path)

    assert draft.nodes[0].node == {"role": "user", "text": "\ud83d cut", "x": 0.1}


@pytest.mark.parametrize(
    ("item", "form"),
    [
        ({"messages": [], "conversationId": "a"}, Format.LIBRECHAT),
        ([{"chat_messages": [], "uuid": "a"}], Format.CLAUDE),
        ({"version": 4, "history": []}, Format.CHATBOTUI),
        ([{"id": "a", "chat": {}}], Format.OPENWEBUI),
    ],
)
def test_a_format_that_comes_later_is_named(
    tmp_path: Path, item: object, form: Format
) -> None:
    path = write_json(tmp_path / "other.json", item)

    with pytest.raises(ImportRefused, match=f"^other.json: the format “{form}” cannot"):
        list(drafts(path))


def test_a_json_array_of_generic_conversations_is_read(tmp_path: Path) -> None:
    item = {"id": 7, "messages": [{"author": "p", "text": "hi", "ts": "2024-01-01"}]}
    path = write_json(tmp_path / "threads.json", [item])

    (draft,) = drafts(path)

    assert (draft.source, draft.external_id) == ("jsonl", "7")


def test_a_generic_message_can_state_its_provenance(tmp_path: Path) -> None:
    messages = [
        {"role": "user", "text": "a", "provenance": "connector:github"},
        {"role": "assistant", "text": "b", "tool_calls": [{"service": "Hotels_2"}]},
        {"role": "assistant", "text": "c"},
    ]
    path = write_lines(tmp_path / "a.jsonl", {"id": "a", "messages": messages})

    (draft,) = drafts(path)

    assert [n.provenance for n in draft.nodes] == [
        "connector:github",
        "connector:hotels_2",
        "chat",
    ]
