"""Why an object stays or goes: screen, API and engine agree, for every kind."""

from typing import Any
from uuid import UUID

import pytest

from kit.formatting import absolute
from retention.conversations import object_reasons
from retention.holds import services as holds
from retention.holds.models import Hold
from retention.policies import services as policies
from tests.cast import NOON
from tests.retention import simple
from tests.retention.compliance.conftest import KINDS, ask, key, make
from tests.retention.conftest import Stage, days_ago
from tests.workspaces.access import making
from workspaces.content.models import File

pytestmark = pytest.mark.django_db(transaction=True)
STATES = ("live", "deleted", "due", "held", "expired")
_TEMPORARY = "temporary_chats"
_GOVERNED = ("conversations", "memories", "project_files", "gpt_files", _TEMPORARY)


def arranged(stage: Stage, kind: str, state: str) -> Any:
    gone = {"deleted": 3.0, "due": 10.0, "held": 10.0}.get(state)
    columns = (
        {} if gone is None else {"deleted_at": days_ago(gone), "deleted_by": "owner"}
    )
    if kind == _TEMPORARY:
        # Younger than the others, which their month would have taken already.
        row = stage.conversation(age=20, is_temporary=True, **columns)
    else:
        row = make(stage, kind, **columns)
    if state == "held":
        _hold(stage)
    if state == "expired":
        policies.set_policy(
            actor=stage.owner.actor,
            workspace=stage.workspace,
            content_kind=kind,
            days=7 if kind == _TEMPORARY else 30,
            undo_days=7,
            at=days_ago(400),
        )
    return row


def _hold(stage: Stage) -> Hold:
    return holds.place(
        actor=stage.officer.actor,
        workspace=stage.workspace,
        matter="Brennan v. Halden",
        membership_ids=[stage.member.membership.pk],
        at=days_ago(1),
    )


def cases() -> list[tuple[str, str]]:
    return [
        (kind, state)
        for kind in (*KINDS, _TEMPORARY)
        for state in STATES
        if state != "expired" or kind in _GOVERNED
    ]


@pytest.mark.parametrize(("kind", "state"), cases())
def test_screen_api_and_engine_agree(stage: Stage, kind: str, state: str) -> None:
    row = arranged(stage, kind, state)
    # The API knows a temporary chat as the conversation that it is.
    asked = "conversations" if kind == _TEMPORARY else kind

    told = ask(key(stage, "compliance.read"), "get", f"{asked}/{row.public_id}/why")
    page = stage.owner.client().get(
        f"/w/{stage.workspace.slug}/conversations/why/", {"id": str(row.public_id)}
    )
    stage.sweep()

    assert told.status_code == page.status_code == 200
    answer, shown = told.json(), page.context["why"]
    assert answer["state"] == shown.state
    assert answer["is_due"] == shown.is_due
    assert answer["is_held"] == shown.is_held
    assert [one["version"] for one in answer["rules"]] == [
        one.version for one in shown.considered
    ]
    assert answer["kept_days"] == shown.kept_days
    assert (answer["deleted_by"] or "") == shown.deleted_by
    assert answer["ways_out"] == [way.value for way in shown.ways_out]
    moments = [shown.expires_at, shown.undo_ends_at, shown.purge_at]
    text = page.content.decode()
    assert all(absolute(at) in text for at in moments if at)
    assert (answer["purge_at"] is None) == (shown.purge_at is None)
    with stage.scope():
        is_gone = not type(row).objects.filter(pk=row.pk).exists()
    assert is_gone == (answer["is_due"] and not answer["is_held"])


def test_it_names_the_holds(stage: Stage) -> None:
    row = make(stage, "memories")
    hold = _hold(stage)

    told = ask(
        key(stage, "compliance.read"), "get", f"memories/{row.public_id}/why"
    ).json()

    assert told["is_held"]
    assert [one["id"] for one in told["holds"]] == [str(hold.public_id)]


@pytest.mark.parametrize("kind", KINDS)
def test_of_what_a_sweep_took_the_page_leads_to_receipts(
    stage: Stage, kind: str
) -> None:
    row = arranged(stage, kind, "due")
    stage.sweep()
    owner = stage.owner.client()
    page = f"/w/{stage.workspace.slug}/conversations/why/"
    receipts = f"/w/{stage.workspace.slug}/receipts/"

    gone = owner.get(page, {"id": str(row.public_id)})

    assert gone.status_code == 404
    assert f"{receipts}?objects={row.public_id}" in gone.content.decode()
    found = owner.get(receipts, {"objects": str(row.public_id)}).content.decode()
    assert f"{receipts}{row.public_id}/" in found


def test_whom_receipts_are_not_for_is_not_sent_to_them(stage: Stage) -> None:
    sees = making.a_role(
        stage.workspace, "Sees", grants=("conversations.view_metadata",)
    )
    making.assign(stage.workspace, sees, membership=stage.member.membership)
    page = f"/w/{stage.workspace.slug}/conversations/why/"

    told = stage.member.client().get(page, {"id": str(UUID(int=7))})

    assert told.status_code == 404
    assert "Nothing with this id" in told.content.decode()
    assert "/receipts/" not in told.content.decode()


def test_it_tells_no_content(stage: Stage) -> None:
    row = make(stage, "memories")

    told = ask(key(stage, "compliance.read"), "get", f"memories/{row.public_id}/why")

    assert "Malmö" not in told.content.decode()


def test_a_kind_is_asked_for_by_its_own_name(stage: Stage) -> None:
    row = make(stage, "memories")
    secret = key(stage, "compliance.read")

    assert ask(secret, "get", f"projects/{row.public_id}/why").status_code == 404
    assert ask(secret, "get", f"memories/{UUID(int=7)}/why").status_code == 404


def test_a_key_needs_the_scope(stage: Stage) -> None:
    row = make(stage, "memories")

    told = ask(key(stage, "manage.read"), "get", f"memories/{row.public_id}/why")

    assert told.status_code == 403


def test_on_team_nobody_is_told(team: Stage) -> None:
    row = make(team, "memories")

    page = team.owner.client().get(
        f"/w/{team.workspace.slug}/conversations/why/", {"id": str(row.public_id)}
    )

    assert page.status_code == 403
    with team.scope(), pytest.raises(object_reasons.selectors.OnlyCountsOnThisPlan):
        object_reasons.explain(
            workspace=team.workspace, public_id=row.public_id, at=NOON
        )


@pytest.mark.parametrize("wrong", ["", "nonsense", str(UUID(int=7))])
def test_what_is_no_id_of_something_is_said_on_the_page(
    stage: Stage, wrong: str
) -> None:
    page = stage.owner.client().get(
        f"/w/{stage.workspace.slug}/conversations/why/", {"id": wrong}
    )

    assert page.status_code == 404
    assert "why" not in page.context
    assert '<section class="card">' in page.content.decode()


def _hung(stage: Stage, kind: str, **more: Any) -> tuple[Any, Any]:
    """A whole that was deleted, or not, and what hangs on it."""
    if kind == "project_files":
        whole = simple.project(stage, **more)
        return whole, simple.file(stage, whole)
    whole = make(stage, "gpts", **more)
    return whole, simple.gpt_file(stage, whole)


@pytest.mark.parametrize("kind", ["project_files", "gpt_files"])
@pytest.mark.parametrize("state", ["live", "deleted", "due", "held"])
def test_what_hangs_on_a_deleted_whole_goes_with_it(
    stage: Stage, kind: str, state: str
) -> None:
    """Screen, API and engine say of a file what they say of its project or GPT."""
    gone = {"deleted": 3.0, "due": 10.0, "held": 10.0}.get(state)
    whole, row = _hung(stage, kind, **(simple.gone(gone) if gone else {}))
    if state == "held":
        _hold(stage)

    told = ask(key(stage, "compliance.read"), "get", f"{kind}/{row.public_id}/why")
    page = stage.owner.client().get(
        f"/w/{stage.workspace.slug}/conversations/why/", {"id": str(row.public_id)}
    )
    stage.sweep()

    assert told.status_code == page.status_code == 200
    answer, shown = told.json(), page.context["why"]
    assert (answer["is_due"], answer["is_held"]) == (shown.is_due, shown.is_held)
    assert (answer["state"] == "deleted") == (state != "live")
    with stage.scope():
        is_gone = not type(row).objects.filter(pk=row.pk).exists()
    assert is_gone == (answer["is_due"] and not answer["is_held"])
    assert is_gone == (state == "due")
    if state == "live":
        assert answer["goes_with"] is None
    else:
        assert answer["goes_with"]["id"] == str(whole.public_id)
        assert "It goes with its" in page.content.decode()


def test_a_whole_that_a_hold_keeps_lets_a_file_of_anothers_go_by_itself(
    stage: Stage,
) -> None:
    """The hold covers the project of its owner, not what another member put there."""
    project = simple.project(stage, **simple.gone(10))
    mine = simple.file(stage, project)
    theirs = simple.file(stage, project, stage.other, **simple.gone(10))
    _hold(stage)
    secret = key(stage, "compliance.read")

    kept = ask(secret, "get", f"project_files/{mine.public_id}/why").json()
    goes = ask(secret, "get", f"project_files/{theirs.public_id}/why").json()
    stage.sweep()

    assert (kept["is_due"], kept["is_held"]) == (True, True)
    assert (goes["is_due"], goes["is_held"]) == (True, False)
    with stage.scope():
        left = set(type(mine).objects.values_list("pk", flat=True))
    assert left == {mine.pk}


@pytest.mark.parametrize("state", ["live", "deleted", "due", "held"])
def test_a_file_of_a_conversation_has_its_answer(stage: Stage, state: str) -> None:
    conversation = arranged(stage, "conversations", state)
    with stage.scope():
        row = File.objects.create(
            workspace_id=stage.workspace.id,
            conversation=conversation,
            byte_count=7,
            sealed=b"sealed",
        )
    secret = key(stage, "compliance.read")

    told = ask(secret, "get", f"files/{row.public_id}/why").json()
    whole = ask(secret, "get", f"conversations/{conversation.public_id}/why").json()
    page = stage.owner.client().get(
        f"/w/{stage.workspace.slug}/conversations/why/", {"id": str(row.public_id)}
    )
    stage.sweep()

    mine = {"kind", "id", "goes_with"}
    assert {k: v for k, v in told.items() if k not in mine} == {
        k: v for k, v in whole.items() if k not in mine
    }
    assert (told["kind"], told["id"]) == ("files", str(row.public_id))
    assert told["goes_with"] == {
        "kind": "conversations",
        "id": str(conversation.public_id),
    }
    assert "part of a conversation" in page.content.decode()
    with stage.scope():
        is_gone = not File.objects.filter(pk=row.pk).exists()
    assert is_gone == (told["is_due"] and not told["is_held"])
