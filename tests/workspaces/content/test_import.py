"""Importing conversations: all of a file, or nothing that anyone can see."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connections

from audit.log.models import AuditEntry
from kit import blobs, vault
from kit.actor import Actor, ActorKind
from kit.permissions import PermissionDenied
from tests.workspaces.content.conftest import MEMBERS, NOON, Importer
from tests.workspaces.content.files import (
    SAMPLES,
    conversation,
    node,
    write_json,
    write_lines,
    write_zip,
)
from workspaces.content import selectors, services
from workspaces.content.models import Conversation, File, Import, ImportState, Message
from workspaces.content.rules import Spread
from workspaces.content.services import ImportOptions, ImportRefused, imports, runs
from workspaces.members.services import founding
from workspaces.tenancy.selectors import WorkspaceRef

TREE = SAMPLES / "chatgpt" / "librechat-chatgpt-tree.json"


def entries(scope: Any) -> list[dict[str, Any]]:
    """The leaves of the organization's log about imports."""
    with scope():
        leaves = [json.loads(bytes(e.leaf)) for e in AuditEntry.objects.order_by("id")]
    return [leaf for leaf in leaves if "import" in leaf["action"]]


def opened(scope: Any, workspace: WorkspaceRef) -> list[selectors.ReadConversation]:
    with scope():
        return [
            selectors.read(conversation=row, workspace=workspace.public_id)
            for row in selectors.imported().order_by("id")
        ]


@pytest.mark.allowed_skip
def test_all_sixteen_exports_import(
    import_files: Importer, scope: Any, shared_data: Path
) -> None:
    result = import_files(*sorted((shared_data / "chatgpt-export").iterdir()))

    with scope():
        assert Message.objects.count() == 237
        assert selectors.imported().count() == result.conversations
    assert result.messages == 206
    assert result.skipped == 0


def test_what_was_imported_reads_as_it_was_written(
    import_files: Importer, scope: Any, workspace: WorkspaceRef
) -> None:
    files = [
        path
        for path in sorted((SAMPLES / "chatgpt").glob("*.json"))
        if isinstance(json.loads(path.read_text()), list)
    ]
    sources = [item for path in files for item in json.loads(path.read_text())]

    import_files(*files)

    found = opened(scope, workspace)
    assert [read.as_source() for read in found] == sources
    assert [read.title for read in found] == [item["title"] or "" for item in sources]


def test_the_shown_path_leaves_branches_and_hidden_messages_out(
    import_files: Importer, scope: Any, workspace: WorkspaceRef
) -> None:
    import_files(TREE)

    (read,) = opened(scope, workspace)
    assert len(read.nodes) == 13
    assert 0 < len(read.shown) <= 7
    assert all(shown.text for shown in read.shown)
    assert not any(shown.is_hidden for shown in read.shown)


def test_nothing_that_was_written_lies_in_the_database(
    import_files: Importer, scope: Any, tmp_path: Path
) -> None:
    asked = node("q", None, [], "user", "sesame", metadata={"attachments": [_ATTACHED]})
    item = conversation(mapping={"q": asked}, title="sesame", note="sesame")

    import_files(write_json(tmp_path / "a.json", [item]))

    with scope():
        (row,) = Conversation.objects.all()
        (message,) = Message.objects.all()
        (file,) = File.objects.all()
    for stored in (row.title, row.raw, message.sealed, file.sealed):
        assert b"sesame" not in bytes(stored)


_ATTACHED = {"id": "file-abc", "name": "sesame.txt", "size": 4}


def test_counters_and_metadata_are_right(
    import_files: Importer, scope: Any, workspace: WorkspaceRef, tmp_path: Path
) -> None:
    import_files(write_json(tmp_path / "a.json", [conversation()]))

    with scope():
        (row,) = selectors.imported()
        lengths = [len(m.sealed) for m in Message.objects.all()]
        assert (row.source, row.external_id) == ("chatgpt", "c1")
        assert (row.plan_written, row.is_temporary) == ("enterprise", False)
        assert (row.message_count, row.file_count) == (2, 0)
        assert row.byte_count == len(row.title) + len(row.raw) + sum(lengths)
        assert row.created_at == datetime.fromtimestamp(1_700_000_001, UTC)
        assert row.last_activity_at == datetime.fromtimestamp(1_700_000_101, UTC)
        stored = selectors.stored()
    assert (stored.conversations, stored.messages) == (1, 2)
    assert stored.bytes == row.byte_count


def test_an_import_is_recorded_at_both_ends(
    import_files: Importer, scope: Any, workspace: WorkspaceRef, tmp_path: Path
) -> None:
    result = import_files(write_json(tmp_path / "a.json", [conversation()]))

    started, completed = entries(scope)
    assert started["action"] == "workspaces.import.started"
    assert completed["action"] == "workspaces.import.completed"
    assert completed["counts"]["conversations"] == 1
    assert completed["counts"]["messages"] == 2
    assert completed["target_id"] == str(result.id)
    assert completed["workspace"] == str(workspace.public_id)


def test_a_second_import_of_the_same_file_changes_nothing(
    import_files: Importer, scope: Any
) -> None:
    first = import_files(SAMPLES / "ubuntu-irc.jsonl", TREE)

    second = import_files(SAMPLES / "ubuntu-irc.jsonl", TREE)

    assert (first.conversations, first.skipped) == (101, 0)
    assert (second.conversations, second.messages, second.skipped) == (0, 0, 101)
    with scope():
        assert selectors.imported().count() == 101


def test_a_conversation_that_two_parts_repeat_is_imported_once(
    import_files: Importer, tmp_path: Path
) -> None:
    part = json.dumps([conversation(1), conversation(2)])
    path = write_zip(
        tmp_path / "export.zip",
        **{"conversations-000__json": part, "conversations-001__json": part},
    )

    result = import_files(path)

    assert (result.conversations, result.skipped) == (2, 2)


def test_two_conversations_under_one_id_are_both_kept_and_told(
    import_files: Importer, scope: Any, tmp_path: Path
) -> None:
    first = write_json(
        tmp_path / "a.json", [conversation(1), conversation(1, title="Other")]
    )
    second = write_json(tmp_path / "b.json", [conversation(1, title="Third")])

    result, again = import_files(first, second), import_files(first, second)

    assert (result.conversations, result.skipped) == (3, 0)
    assert (again.conversations, again.skipped) == (0, 3)
    assert result.warnings == (
        "a.json, conversation 2 has the id of another conversation; both were kept.",
        "b.json, conversation 1 has the id of another conversation; both were kept.",
    )


def test_conversations_without_an_id_are_recognized_by_a_keyed_digest(
    import_files: Importer, scope: Any, tmp_path: Path
) -> None:
    items = [conversation(n, conversation_id=None) for n in (1, 2)]
    items.append(conversation(3, conversation_id="x" * 300))
    path = write_json(tmp_path / "a.json", items)

    first, second = import_files(path), import_files(path)

    assert (first.conversations, second.skipped) == (3, 3)
    with scope():
        ids = set(selectors.imported().values_list("external_id", flat=True))
    assert len(ids) == 3
    assert all(name.startswith("keyed:") for name in ids)


def test_damaged_conversations_are_kept_with_one_warning_each(
    import_files: Importer,
) -> None:
    folder = SAMPLES / "chatgpt"

    result = import_files(
        folder / "librechat-chatgpt-citations.json",
        folder / "2015pulsar-conversations.json",
    )

    assert result.conversations == 9
    damaged = [w for w in result.warnings if "was kept, but" in w]
    assert [w.partition(" was kept")[0] for w in damaged] == [
        "librechat-chatgpt-citations.json, conversation 1",
        "2015pulsar-conversations.json, conversation 4",
        "2015pulsar-conversations.json, conversation 5",
    ]
    assert "cycle" in damaged[-1]


def test_conversations_without_dates_count_from_the_import_and_that_is_told(
    import_files: Importer, scope: Any
) -> None:
    result = import_files(SAMPLES / "chatgpt" / "mikegraham-minimal.json")

    assert "5 conversations carry no date" in result.warnings[-1]
    with scope():
        clocks = set(selectors.imported().values_list("last_activity_at", flat=True))
    assert clocks == {NOON}


def test_a_flaw_in_the_last_conversation_leaves_nothing_behind(
    import_files: Importer, scope: Any, tmp_path: Path
) -> None:
    good = [conversation(number) for number in range(500)]
    path = write_json(tmp_path / "a.json", [*good, conversation(500, mapping=[])])

    with pytest.raises(ImportRefused, match=r"^a\.json, conversation 501: “mapping”"):
        import_files(path)

    with scope():
        assert not Conversation.objects.exists()
        assert Import.objects.get().state == ImportState.FAILED
    assert entries(scope)[-1]["action"] == "workspaces.import.failed"
    assert entries(scope)[-1]["outcome"] == "error"


def test_files_without_conversations_are_refused(
    import_files: Importer, tmp_path: Path
) -> None:
    with pytest.raises(ImportRefused, match=r"^The files hold no conversations\.$"):
        import_files(write_json(tmp_path / "a.json", []))


def test_nothing_is_visible_before_the_end(
    workspace: WorkspaceRef, scope: Any, tmp_path: Path
) -> None:
    path = write_json(tmp_path / "a.json", [conversation(n) for n in range(450)])
    seen = []

    def look(done: int, total: int) -> None:
        with scope():
            visible = selectors.imported().count()
            seen.append((done, total, visible, Conversation.objects.count()))

    _import(workspace, path, progress=look)

    assert seen == [(200, 450, 0, 200), (400, 450, 0, 400), (450, 450, 0, 450)]
    with scope():
        assert selectors.imported().count() == 450


def _import(workspace: WorkspaceRef, *files: Path, **more: Any) -> Any:
    more.setdefault("options", ImportOptions(assign_owners=MEMBERS))
    more.setdefault("actor", Actor.operator())
    return services.import_conversations(
        workspace=workspace, files=files, at=NOON, **more
    )


def test_owners_are_assigned_by_a_hash_of_the_id(
    import_files: Importer, scope: Any
) -> None:
    import_files(SAMPLES / "ubuntu-irc.jsonl")

    with scope():
        owned = Counter(selectors.imported().values_list("owner__email", flat=True))
    assert set(owned) == set(MEMBERS)
    assert min(owned.values()) > 15


def test_an_owner_that_the_file_names_comes_first(
    import_files: Importer, scope: Any, tmp_path: Path
) -> None:
    lines = [
        {"id": "a", "messages": [], "owner": "Ben@Halden.example"},
        {"id": "b", "messages": [], "owner": "stranger@else.example"},
    ]

    import_files(write_lines(tmp_path / "a.jsonl", *lines), assign_owners=MEMBERS[2:])

    with scope():
        owned = dict(selectors.imported().values_list("external_id", "owner__email"))
    assert owned == {"a": MEMBERS[1], "b": MEMBERS[2]}


@pytest.mark.parametrize(
    ("owner", "why"),
    [
        (None, "it names no owner; assign owners"),
        ("stranger@else.example", "its owner is not an active member here"),
        ("no address", "its owner is not an active member here"),
    ],
)
def test_a_conversation_that_would_belong_to_nobody_is_refused(
    import_files: Importer, tmp_path: Path, owner: str | None, why: str
) -> None:
    line = {"id": "a", "messages": [], "owner": owner}
    path = write_lines(tmp_path / "a.jsonl", line)

    with pytest.raises(ImportRefused, match=f"^a.jsonl, line 1: {why}"):
        import_files(path, assign_owners=())


def test_assigning_to_someone_who_is_no_member_is_refused(
    import_files: Importer,
) -> None:
    with pytest.raises(ImportRefused, match=r"^1 of the addresses to assign"):
        import_files(TREE, assign_owners=(*MEMBERS, "stranger@else.example"))


def test_missing_dates_are_spread(import_files: Importer, scope: Any) -> None:
    spread = Spread(first=NOON - timedelta(days=100), last=NOON)

    result = import_files(
        SAMPLES / "chatgpt" / "mikegraham-minimal.json", spread=spread
    )

    assert result.warnings == ()
    with scope():
        clocks = set(selectors.imported().values_list("last_activity_at", flat=True))
    assert len(clocks) == 5
    assert all(spread.first <= clock < NOON for clock in clocks)


def test_real_dates_are_shifted_so_that_the_newest_is_the_given(
    import_files: Importer, scope: Any
) -> None:
    newest = NOON - timedelta(days=7)

    import_files(SAMPLES / "ubuntu-irc.jsonl", latest_at=newest)

    with scope():
        clocks = selectors.imported().order_by("-last_activity_at")
        assert clocks[0].last_activity_at == newest
        assert Message.objects.order_by("-created_at")[0].created_at == newest


def test_shifting_where_there_are_no_dates_is_refused(import_files: Importer) -> None:
    with pytest.raises(ImportRefused, match="no dates that could be shifted"):
        import_files(SAMPLES / "chatgpt" / "mikegraham-minimal.json", latest_at=NOON)


def test_dates_in_the_future_are_brought_back(
    import_files: Importer, scope: Any, tmp_path: Path
) -> None:
    late = conversation(create_time=4_000_000_000, update_time=4_000_000_000)

    import_files(write_json(tmp_path / "a.json", [late]))

    with scope():
        (row,) = selectors.imported()
    assert row.created_at == row.last_activity_at == NOON


def test_files_of_an_archive_are_sealed_into_the_blob_store(
    import_files: Importer, scope: Any, workspace: WorkspaceRef, tmp_path: Path
) -> None:
    asked = node("q", None, [], "user", "See", metadata={"attachments": [_ATTACHED]})
    text = b"open sesame " * 20_000
    path = write_zip(
        tmp_path / "export.zip",
        **{
            "conversations__json": json.dumps([conversation(mapping={"q": asked})]),
            "file-abc-sesame__txt": text,
        },
    )

    result = import_files(path)

    with scope():
        (row,), (file,) = selectors.imported(), File.objects.all()
        pieces = selectors.read_bytes(
            file=file, conversation=row, workspace=workspace.public_id
        )
        assert b"".join(pieces) == text
        (read,) = opened(scope, workspace)
    assert result.files == row.file_count == 1
    assert (file.byte_count, file.provenance) == (len(text), "upload")
    assert row.byte_count > len(text)
    assert (read.files[0].name, read.files[0].has_bytes) == ("sesame.txt", True)
    assert file.blob_id is not None
    assert b"sesame" not in b"".join(blobs.store().open(file.blob_id))


def test_a_file_whose_bytes_are_missing_is_a_row_without_them(
    import_files: Importer, scope: Any, tmp_path: Path
) -> None:
    asked = node("q", None, [], "user", "See", metadata={"attachments": [_ATTACHED]})

    import_files(write_json(tmp_path / "a.json", [conversation(mapping={"q": asked})]))

    with scope():
        (file,) = File.objects.all()
    assert (file.blob_id, file.byte_count) == (None, 4)


def test_titles_of_a_page_open_with_one_question_to_the_vault(
    import_files: Importer,
    scope: Any,
    workspace: WorkspaceRef,
    django_assert_num_queries: Any,
) -> None:
    import_files(SAMPLES / "chatgpt" / "mikegraham-minimal.json")
    with scope():
        rows = list(selectors.imported())

        with django_assert_num_queries(1, connection=connections["vault"]):
            titles = selectors.open_titles(
                conversations=rows, workspace=workspace.public_id
            )

    assert len(titles) == 5
    assert all(titles.values())


def test_without_its_key_a_conversation_is_gone(
    import_files: Importer, scope: Any, workspace: WorkspaceRef
) -> None:
    import_files(TREE)
    with scope():
        (row,) = selectors.imported()
        vault.destroy([row.key_id], at=NOON)

        with pytest.raises(selectors.ContentIsGone):
            selectors.read(conversation=row, workspace=workspace.public_id)
        assert not selectors.open_titles(
            conversations=[row], workspace=workspace.public_id
        )


def test_the_api_platform_has_no_conversations(
    import_files: Importer, workspace: WorkspaceRef
) -> None:
    api = founding.create_workspace(
        actor=Actor.operator(),
        organization=workspace.organization,
        slug="pier",
        name="Pier",
        plan="api",
        at=NOON,
    )

    with pytest.raises(ImportRefused, match="“pier” is on the API platform"):
        _import(api, TREE)


def test_members_may_not_import(workspace: WorkspaceRef, scope: Any) -> None:
    member = Actor(kind=ActorKind.USER, id="x", label="x", role="member")

    with pytest.raises(PermissionDenied):
        _import(workspace, TREE, actor=member)

    with scope():
        assert not Import.objects.exists()


def test_a_format_that_comes_later_is_refused_before_anything_else(
    import_files: Importer, scope: Any
) -> None:
    with pytest.raises(ImportRefused, match="the format “claude” cannot be imported"):
        import_files(TREE, form=imports.Format.CLAUDE)

    with scope():
        assert not Import.objects.exists()


def test_one_import_runs_at_a_time(
    workspace: WorkspaceRef, import_files: Importer
) -> None:
    _begin(workspace)

    with pytest.raises(ImportRefused, match="Another import into “harbor” is running"):
        import_files(TREE)


def _begin(workspace: WorkspaceRef) -> runs.Run:
    return runs.begin(
        actor=Actor.operator(), workspace=workspace, source="auto", at=NOON
    )


def test_an_import_that_fell_silent_gives_its_place_up_and_can_write_no_more(
    workspace: WorkspaceRef, import_files: Importer, scope: Any
) -> None:
    silent = _begin(workspace)
    with scope():
        Import.objects.update(heartbeat_at=NOON - timedelta(days=1))

    import_files(TREE)

    with scope():
        assert Import.objects.get(pk=silent.pk).state == ImportState.FAILED
    with pytest.raises(ImportRefused, match="given up"), silent.step():
        pass
    actions = [leaf["action"].rpartition(".")[2] for leaf in entries(scope)]
    assert actions == ["started", "failed", "started", "completed"]


class Killed(BaseException):
    """The process dies without a chance to tidy up."""


@pytest.mark.django_db(transaction=True)
def test_killed_halfway_then_again(
    workspace: WorkspaceRef,
    import_files: Importer,
    scope: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = write_json(tmp_path / "a.json", [conversation(n) for n in range(450)])

    def die(_done: int, _total: int) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(runs.Run, "fail", lambda self: None)
        with pytest.raises(Killed):
            _import(workspace, path, progress=die)
    with scope():
        assert selectors.imported().count() == 0
        assert Conversation.objects.count() == 200

    with pytest.raises(ImportRefused, match="is running, or stopped less than 2 min"):
        import_files(path)
    with scope():
        # The sweep marks it so once its heartbeat is old.
        Import.objects.update(state=ImportState.FAILED, ended_at=NOON)
    with pytest.raises(ImportRefused, match="is still being removed"):
        import_files(path)
    _as_the_sweep_does()
    again = import_files(path)

    assert (again.conversations, again.skipped) == (450, 0)
    with scope():
        assert Message.objects.count() == 3 * 450


def _as_the_sweep_does() -> None:
    """What the purge of a failed import comes down to."""
    with connections["sweeper"].cursor() as cursor:
        cursor.execute(
            "delete from workspaces_conversation where staged_by_id in"
            " (select id from workspaces_import where state = 'failed')"
        )
