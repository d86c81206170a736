"""What a hold refuses has a receipt: a program's delete, the purge of a policy."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from audit.log import leaf, sequencer
from kit import clock, signing
from kit.actor import Actor
from retention.holds import services as holds
from retention.holds.models import Hold
from retention.receipts import documents
from tests.cast import NOON
from tests.retention.certificates.test_find import URL, checked, receipt, vkey
from tests.retention.compliance.conftest import KINDS, ask, key, make
from tests.retention.conftest import Stage, days_ago


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with clock.fixed_at(NOON):
        yield


def hold(stage: Stage) -> Hold:
    return holds.place(
        actor=stage.officer.actor,
        workspace=stage.workspace,
        matter="Harbor",
        membership_ids=[stage.member.membership.pk],
        at=days_ago(20),
    )


def release(stage: Stage, placed: Hold) -> None:
    holds.release(
        actor=Actor.operator("root"),
        workspace=stage.workspace,
        hold=placed,
        reason="settled",
        override=True,
        at=NOON,
    )


def refused(stage: Stage, kind: str = "conversations") -> Any:
    """An object that a program asks to delete while a hold covers it."""
    row = make(stage, kind)
    secret = key(stage, "compliance.delete")
    answer = ask(secret, "delete", f"{kind}/{row.public_id}")
    assert (answer.status_code, answer.json()["code"]) == (409, "legal_hold")
    sequencer.run(at=NOON)
    return row


def expired(stage: Stage, *, age: float = 40) -> Any:
    stage.set_policy(30)
    row = stage.conversation(age=age)
    stage.sweep()
    return row


def page(stage: Stage, public_id: Any) -> str:
    return stage.officer.client().get(f"{URL}{public_id}/").content.decode()


@pytest.mark.parametrize("kind", KINDS)
def test_a_delete_that_a_program_was_refused_has_a_receipt_that_verifies_offline(
    stage: Stage, tmp_path: Path, kind: str
) -> None:
    hold(stage)
    row = refused(stage, kind)
    file = tmp_path / "receipt.json"
    file.write_bytes(receipt(stage, row.public_id))

    done = checked("--key", vkey(), str(file))

    assert done.returncode == 0, done.stdout
    assert "delete refused by a legal hold" in done.stdout
    content = json.loads(file.read_bytes())
    told, entry = content["receipt"], json.loads(content["opening"]["entry"])
    assert (told["outcome"], told["cause"]) == ("kept", "request")
    assert told["hold_check"] == {"at": leaf.moment(NOON), "held": True}
    assert (entry["outcome"], entry["target_id"]) == ("refused", str(row.public_id))
    assert "hidden_since" not in told


def test_its_certificate_names_the_entry_and_no_matter(stage: Stage) -> None:
    hold(stage)
    row = refused(stage)

    text = page(stage, row.public_id)
    found = stage.officer.client().get(URL, {"objects": row.public_id})

    assert "Certificate of a refused delete" in text
    assert "nothing of it was hidden or removed" in text
    assert "Entry in the audit log" in text
    assert "Harbor" not in text
    assert "Delete refused" in found.content.decode()
    assert f"{URL}{row.public_id}/" in found.content.decode()


def test_it_stays_the_same_once_the_hold_is_released(stage: Stage) -> None:
    placed = hold(stage)
    row = refused(stage)
    before = receipt(stage, row.public_id)

    release(stage, placed)

    assert receipt(stage, row.public_id) == before


def test_asked_again_it_is_about_the_last_refusal(stage: Stage) -> None:
    hold(stage)
    row = refused(stage)
    first = json.loads(receipt(stage, row.public_id))["receipt"]["log"]["index"]
    ask(key(stage, "compliance.delete"), "delete", f"conversations/{row.public_id}")
    sequencer.run(at=NOON)

    again = json.loads(receipt(stage, row.public_id))["receipt"]["log"]["index"]

    assert again > first


def test_another_act_does_not_pass_for_the_refusal(stage: Stage) -> None:
    hold(stage)
    content = json.loads(receipt(stage, refused(stage).public_id))
    signer = signing.load(Path(settings.CUSTOS_LOG_KEY_FILE))
    for change in ({"type": "object"}, {"object": {"kind": "memory"}}):
        document = content["receipt"] | change
        document["object"] = content["receipt"]["object"] | document["object"]
        forged = documents.signed(document, key=signer, opening=content["opening"])

        with pytest.raises(documents.ReceiptRefused, match="something else"):
            documents.verified(forged.file, vkey=vkey())


def test_deleted_by_its_member_it_is_kept_as_a_deleted_object(stage: Stage) -> None:
    hold(stage)
    row = refused(stage)
    with stage.scope():
        type(row).objects.filter(pk=row.pk).update(
            deleted_at=days_ago(8), deleted_by="owner"
        )

    told = documents.verified(receipt(stage, row.public_id), vkey=vkey())

    assert told["cause"] == "deletion"
    assert told["hidden_since"] == leaf.moment(days_ago(8))


def test_what_a_policy_let_go_and_a_hold_keeps_has_a_receipt(
    stage: Stage, tmp_path: Path
) -> None:
    hold(stage)
    row = expired(stage)
    file = tmp_path / "receipt.json"
    file.write_bytes(receipt(stage, row.public_id))

    done = checked("--key", vkey(), str(file))

    assert done.returncode == 0, done.stdout
    assert "kept from its policy by a legal hold" in done.stdout
    told = json.loads(file.read_bytes())["receipt"]
    assert (told["cause"], told["rule"]) == ("policy", "v1")
    assert told["hold_check"] == {"at": leaf.moment(NOON), "held": True}
    assert told["log"]["checkpoint"]
    assert "asked_at" not in told
    text = page(stage, row.public_id)
    assert "The rule below let this conversation go" in text
    assert "Harbor" not in text


def test_memories_that_a_policy_let_go_have_one_too(stage: Stage) -> None:
    hold(stage)
    stage.set_policy(30, content_kind="memories")
    row = make(stage, "memories")

    told = documents.verified(receipt(stage, row.public_id), vkey=vkey())

    assert (told["cause"], told["rule"]) == ("policy", "v1")


def test_what_is_held_and_not_due_has_none(stage: Stage) -> None:
    hold(stage)
    row = expired(stage, age=10)

    answer = stage.officer.client().get(f"{URL}{row.public_id}/file/")

    assert answer.status_code == 404


def test_what_a_released_hold_kept_from_its_policy_has_none_any_more(
    stage: Stage,
) -> None:
    placed = hold(stage)
    row = expired(stage)

    release(stage, placed)

    with clock.fixed_at(NOON + timedelta(days=60)):
        assert "No receipt yet" in page(stage, row.public_id)


def test_many_refusals_come_in_one_file(stage: Stage, tmp_path: Path) -> None:
    hold(stage)
    ids = [expired(stage).public_id, refused(stage).public_id]
    answer = stage.officer.client().get(
        f"{URL}file/", {"objects": " ".join(map(str, ids))}
    )
    file = tmp_path / "receipts.jsonl"
    file.write_bytes(answer.content)

    done = checked("--key", vkey(), str(file))

    assert done.returncode == 0, done.stdout
    assert len(done.stdout.splitlines()) == 2


def test_on_team_nobody_learns_that_a_hold_keeps_something(team: Stage) -> None:
    hold(team)
    row = team.conversation(age=400)

    assert team.owner.client().get(f"{URL}{row.public_id}/").status_code == 404
