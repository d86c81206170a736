"""The page of a purge list: what is listed, what became of it, and the files."""

import json
from collections.abc import Iterator
from hashlib import sha256
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.log.models import AuditEntry
from kit import clock
from retention.policies.drafts import services as drafts
from retention.policies.drafts.models import PolicyDraft
from retention.policies.drafts.services import Values
from retention.policies.listing import selectors as lists
from retention.policies.listing import services as listing
from tests import cast
from tests.cast import NOON
from tests.retention.conftest import Stage, staged


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with clock.fixed_at(NOON):
        yield


@pytest.fixture
def stage(db: None) -> Stage:
    """Four old conversations under a policy that is scheduled for tomorrow."""
    made = staged(cast.workspace(), grace_hours=24)
    for _one in range(4):
        made.conversation(age=200)
    return made


@pytest.fixture
def draft(stage: Stage) -> PolicyDraft:
    return drafts.apply(
        actor=stage.owner.actor,
        workspace=stage.workspace,
        values=Values(days=90, undo_days=0),
        at=NOON,
    )


def url(draft: PolicyDraft, rest: str = "") -> str:
    where = f"/w/halden-engineering/policies/drafts/{draft.public_id}/"
    return f"{where}purge-list/{rest}"


def test_the_draft_leads_to_its_list(stage: Stage, draft: PolicyDraft) -> None:
    page = stage.owner.client().get(url(draft)[: -len("purge-list/")])

    assert url(draft) in page.content.decode()


def test_it_names_each_item_and_says_how_it_stands(
    stage: Stage, draft: PolicyDraft
) -> None:
    page = stage.owner.client().get(url(draft)).content.decode()

    assert "4 items, to go in the first sweep after Tue 3 Mar 2026, 12:00 UTC." in page
    assert "Not due yet" in page
    for public_id in stage.stored():
        assert str(public_id) in page
    with stage.scope():
        found = lists.newest_of(draft=draft)
    assert found
    assert bytes(found.digest).hex() in page


def test_a_cause_narrows_the_list(stage: Stage, draft: PolicyDraft) -> None:
    client = stage.owner.client()

    shown = client.get(url(draft, "?cause=to_come")).content.decode()
    none = client.get(url(draft, "?cause=activity")).content.decode()

    assert shown.count('class="c-mono" href=') == 4
    assert "None of those on this page." in none


def test_pages_go_on_where_the_last_ended(
    stage: Stage, draft: PolicyDraft, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("retention.drift.selectors.PAGE", 3)
    client = stage.owner.client()

    first = client.get(url(draft))
    second = client.get(url(draft, first.context["next_url"]))

    shown = [row["id"] for page in (first, second) for row in page.context["rows"]]
    assert len(shown) == len(set(shown)) == 4
    assert not second.context["next_url"]


@pytest.mark.parametrize(
    ("asked", "status"), [("?cause=none", 404), ("?after=x", 400), ("?beside=x", 200)]
)
def test_what_was_never_given_out_is_refused(
    stage: Stage, draft: PolicyDraft, asked: str, status: int
) -> None:
    assert stage.owner.client().get(url(draft, asked)).status_code == status


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_the_file_has_what_the_digest_is_of(
    stage: Stage, draft: PolicyDraft, kind: str
) -> None:
    answer = stage.owner.client().get(url(draft, f"download/?format={kind}"))

    lines = b"".join(answer.streaming_content).decode().splitlines()
    ids = (
        [line.split(",")[0] for line in lines[1:]]
        if kind == "csv"
        else [json.loads(line)["id"] for line in lines]
    )
    assert {UUID(one) for one in ids} == stage.stored()
    with stage.scope():
        found = lists.newest_of(draft=draft)
        leaf = bytes(AuditEntry.objects.latest("id").leaf)
    assert found is not None
    digest = sha256(b"".join(UUID(one).bytes for one in ids)).digest()
    assert digest == bytes(found.digest)
    assert b'"retention.purge-list.downloaded"' in leaf


def test_a_list_that_is_not_written_yet_says_so(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "MOST_AT_ONCE", 1)
    made = drafts.apply(
        actor=stage.owner.actor,
        workspace=stage.workspace,
        values=Values(days=90, undo_days=0),
        at=NOON,
    )

    client = stage.owner.client()

    assert "The list is being written" in client.get(url(made)).content.decode()
    assert client.get(url(made, "download/")).status_code == 404


def test_a_draft_that_was_not_scheduled_has_none(stage: Stage) -> None:
    made = drafts.draft(
        actor=stage.owner.actor,
        workspace=stage.workspace,
        values=Values(days=90, undo_days=0),
        at=NOON,
    )

    assert "No list was kept" in stage.owner.client().get(url(made)).content.decode()


def test_others_may_not_and_strangers_find_nothing(
    stage: Stage, draft: PolicyDraft
) -> None:
    for rest in ("", "download/"):
        assert stage.member.client().get(url(draft, rest)).status_code == 403
        stranger = cast.owner(cast.elsewhere()).client()
        assert stranger.get(url(draft, rest)).status_code == 404


def test_it_asks_no_more_for_a_long_list(stage: Stage, draft: PolicyDraft) -> None:
    client = stage.owner.client()
    client.get(url(draft))
    with CaptureQueriesContext(connection) as asked:
        client.get(url(draft))

    assert len(asked) <= 45
