"""Receipts of objects: found by id, read as a certificate, checked with one file."""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.log import leaf, sequencer
from kit import signing
from retention.deletions import services as deletions
from retention.holds import services as holds
from retention.receipts import documents, verifier
from retention.sweeps.models import Sweep
from tests import cast
from tests.cast import NOON
from tests.retention.conftest import TITLE, Stage, days_ago

URL = "/w/halden-engineering/receipts/"


def deleted(stage: Stage, *, at: float = 8) -> UUID:
    row = stage.conversation(age=10)
    deletions.mark_deleted(
        actor=stage.member.actor,
        workspace=stage.workspace,
        conversations=[row],
        at=days_ago(at),
    )
    return row.public_id


def swept(stage: Stage) -> Sweep:
    """A sweep, and the seal over its entries, as the sequencer sets it each second."""
    sweep = stage.sweep()
    sequencer.run(at=NOON)
    return sweep


def purged(stage: Stage) -> UUID:
    public_id = deleted(stage)
    swept(stage)
    return public_id


def held(stage: Stage) -> UUID:
    holds.place(
        actor=stage.officer.actor,
        workspace=stage.workspace,
        matter="Harbor",
        membership_ids=[stage.member.membership.pk],
        at=days_ago(20),
    )
    return purged(stage)


def vkey() -> str:
    key = signing.load(Path(settings.CUSTOS_LOG_KEY_FILE))
    return key.named(documents.KEY_NAME).vkey


def receipt(stage: Stage, public_id: UUID) -> bytes:
    answer = stage.officer.client().get(f"{URL}{public_id}/file/")
    assert answer.status_code == 200
    return answer.content


def checked(*arguments: str, environment: dict[str, str] | None = None) -> Any:
    """The program as somebody without Custos runs it."""
    return subprocess.run(
        [sys.executable, "-I", verifier.__file__, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )


def test_a_purged_object_is_found_by_its_id(stage: Stage) -> None:
    public_id = purged(stage)

    page = stage.officer.client().get(URL, {"objects": f"{public_id} {uuid4()} x"})

    text = page.content.decode()
    assert "Purged on" in text
    assert "Not found" in text
    assert "“x” is no id." in text
    assert f"{URL}{public_id}/" in text


def test_the_page_teaches_before_anything_is_asked(stage: Stage) -> None:
    assert "Enter an id" in stage.officer.client().get(URL).content.decode()


def test_the_certificate_says_rule_stores_and_place(stage: Stage) -> None:
    public_id = purged(stage)

    page = stage.officer.client().get(f"{URL}{public_id}/").content.decode()

    assert "Certificate of deletion" in page
    assert "Deleted by a person or a program" in page
    assert "1 key destroyed" in page
    assert "1 file destroyed" in page
    assert vkey() in page
    assert TITLE not in page


def test_what_a_policy_let_go_names_its_version(stage: Stage) -> None:
    stage.set_policy(30)
    row = stage.conversation(age=40)
    swept(stage)

    document = documents.verified(receipt(stage, row.public_id), vkey=vkey())

    assert document["rule"] == "v1"
    assert document["hold_check"]["held"] is False


def test_the_signed_part_holds_the_id_only_as_a_hash(stage: Stage) -> None:
    public_id = purged(stage)

    file = json.loads(receipt(stage, public_id))

    assert str(public_id) not in json.dumps(file["receipt"])
    salt = base64.b64decode(file["opening"]["salt"])
    assert file["receipt"]["object"]["hash"] == verifier.object_hash(
        str(public_id), salt=salt
    )


def test_the_same_object_has_the_same_receipt_each_time(stage: Stage) -> None:
    public_id = purged(stage)

    assert receipt(stage, public_id) == receipt(stage, public_id)


def test_one_file_and_a_key_are_enough_to_check_it(
    stage: Stage, tmp_path: Path
) -> None:
    file = tmp_path / "receipt.json"
    file.write_bytes(receipt(stage, purged(stage)))

    done = checked("--key", vkey(), str(file))

    assert done.returncode == 0, done.stderr
    assert "conversation purged" in done.stdout


def test_without_the_package_openssl_checks_it(stage: Stage, tmp_path: Path) -> None:
    file = tmp_path / "receipt.json"
    file.write_bytes(receipt(stage, purged(stage)))
    (tmp_path / "key").write_text(vkey())
    blocked = (
        "import sys, runpy; sys.modules['cryptography'] = None;"
        f"sys.argv = ['v', '--key', {str(tmp_path / 'key')!r}, {str(file)!r}];"
        f"runpy.run_path({verifier.__file__!r}, run_name='__main__')"
    )

    done = subprocess.run(
        [sys.executable, "-I", "-c", blocked],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("ok ")


EDITS: list[Callable[[dict[str, Any]], Any]] = [
    lambda file: file["receipt"].update(rule="v9"),
    lambda file: file["receipt"]["log"]["proof"].append("00" * 32),
    lambda file: file["opening"].update(id=str(uuid4())),
    lambda file: file["opening"].update(entry="{}"),
    lambda file: file["opening"].update(salt="AAAA"),
    lambda file: file["signature"].update(value="AAAA"),
    lambda file: file.update(receipt=[]),
]


def test_whatever_is_changed_is_refused(stage: Stage, tmp_path: Path) -> None:
    original = receipt(stage, purged(stage))
    file = tmp_path / "receipts.jsonl"
    with file.open("w") as lines:
        for edit in EDITS:
            content = json.loads(original)
            edit(content)
            lines.write(json.dumps(content) + "\n")

    done = checked("--key", vkey(), str(file))

    assert done.returncode == 1
    assert [line[:3] for line in done.stdout.splitlines()] == ["BAD"] * len(EDITS)


def test_a_forged_log_place_is_refused_even_under_a_true_signature(
    stage: Stage,
) -> None:
    content = json.loads(receipt(stage, purged(stage)))
    document = content["receipt"]
    document["log"]["index"] += 1
    key = signing.load(Path(settings.CUSTOS_LOG_KEY_FILE))
    forged = documents.signed(document, key=key, opening=content["opening"])

    with pytest.raises(documents.ReceiptRefused):
        documents.verified(forged.file, vkey=vkey())


def test_another_key_has_not_signed_it(stage: Stage, tmp_path: Path) -> None:
    other = signing.SigningKey(os.urandom(32)).named(documents.KEY_NAME).vkey

    with pytest.raises(documents.ReceiptRefused):
        documents.verified(receipt(stage, purged(stage)), vkey=other)


@pytest.mark.parametrize(
    "content",
    [
        b"-----BEGIN PUBLIC KEY-----\n\xff\xfe\n-----END PUBLIC KEY-----\n",
        b"-----BEGIN PUBLIC KEY-----\nA\n-----END PUBLIC KEY-----\n",
        b"\x00\xff\xfe",
        b"a+b+\xc3\xbc",
    ],
    ids=range(4),
)
def test_a_file_that_holds_no_key_is_refused_in_words(
    stage: Stage, tmp_path: Path, content: bytes
) -> None:
    file, key = tmp_path / "receipt.json", tmp_path / "key"
    file.write_bytes(receipt(stage, purged(stage)))
    key.write_bytes(content)

    done = checked("--key", str(key), str(file))

    assert done.returncode == 1
    assert done.stderr.startswith("custos-verify-receipt: ")
    assert "Traceback" not in done.stderr


def test_many_receipts_come_and_are_checked_in_one_file(
    stage: Stage, tmp_path: Path
) -> None:
    ids = [deleted(stage) for _one in range(3)]
    swept(stage)
    answer = stage.officer.client().get(
        f"{URL}file/", {"objects": " ".join(map(str, ids))}
    )
    file = tmp_path / "receipts.jsonl"
    file.write_bytes(answer.content)

    done = checked("--json", "--key", vkey(), str(file))

    assert done.returncode == 0, done.stderr
    assert [json.loads(line)["verified"] for line in done.stdout.splitlines()] == [
        *(True, True, True)
    ]


def test_the_page_asks_the_same_of_one_id_and_of_many(stage: Stage) -> None:
    ids = [str(deleted(stage)) for _object in range(6)]
    swept(stage)
    waits = [str(deleted(stage, at=1)) for _object in range(6)]
    owner = stage.owner.client()

    def queries(asked: list[str]) -> int:
        with CaptureQueriesContext(connection) as found:
            page = owner.get(URL, {"objects": " ".join(asked)}).content.decode()
        assert all(one in page for one in asked)
        return len(found)

    assert queries([ids[0], waits[0]]) == queries(ids + waits)


def test_more_than_fifty_at_once_are_refused_in_words(stage: Stage) -> None:
    ids = " ".join(str(uuid4()) for _one in range(51))

    answer = stage.officer.client().get(URL, {"objects": ids})

    assert answer.status_code == 400
    assert "at most 50" in answer.content.decode()


def test_a_hold_that_refused_a_purge_has_a_receipt_too(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kit.clock.now", lambda: NOON)
    public_id = held(stage)

    document = documents.verified(receipt(stage, public_id), vkey=vkey())

    assert document["outcome"] == "kept"
    assert document["reason"] == "legal_hold"
    assert document["hold_check"] == {"at": leaf.moment(NOON), "held": True}
    page = stage.officer.client().get(f"{URL}{public_id}/").content.decode()
    assert "Certificate of a refused purge" in page
    assert "Harbor" not in page


def test_what_is_not_deleted_has_no_receipt_and_the_page_says_so(stage: Stage) -> None:
    row = stage.conversation(age=1)
    client = stage.officer.client()

    page = client.get(f"{URL}{row.public_id}/").content.decode()

    assert "No receipt yet" in page
    assert client.get(f"{URL}{row.public_id}/file/").status_code == 404


def test_on_team_nobody_learns_that_a_stored_object_exists(team: Stage) -> None:
    row = team.conversation(age=1)

    answer = team.owner.client().get(f"{URL}{row.public_id}/")

    assert answer.status_code == 404


def test_strangers_and_members_stay_out(stage: Stage) -> None:
    public_id = purged(stage)
    stranger = cast.person(cast.elsewhere(), "sol.ortega@brennan.example")
    elsewhere = f"/w/{cast.elsewhere().slug}/receipts/{public_id}/"

    assert stage.member.client().get(f"{URL}{public_id}/").status_code == 403
    assert stranger.client().get(f"{URL}{public_id}/").status_code == 404
    assert cast.owner(cast.elsewhere()).client().get(elsewhere).status_code == 404


def test_a_sweep_prints_as_a_certificate(stage: Stage) -> None:
    deleted(stage)
    sweep = stage.sweep()
    url = f"/w/halden-engineering/sweeps/{sweep.public_id}/certificate/"

    page = stage.officer.client().get(url).content.decode()

    assert "Certificate of a sweep" in page
    assert "This sweep removed 1 conversation for good." in page


def test_the_checker_is_one_file_to_download(stage: Stage, tmp_path: Path) -> None:
    answer = stage.officer.client().get(f"{URL}verifier/")

    assert "custos-verify-receipt" in answer["Content-Disposition"]
    assert answer.content == Path(verifier.__file__).read_bytes()


def test_the_command_checks_with_the_installations_own_key(
    stage: Stage, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "receipt.json"
    file.write_bytes(receipt(stage, purged(stage)))

    call_command("verify_receipt", str(file), "--json")

    assert json.loads(capsys.readouterr().out)["verified"] == 1
    file.write_text("{}")
    with pytest.raises(SystemExit):
        call_command("verify_receipt", str(file), "--json")
    with pytest.raises(CommandError):
        call_command("verify_receipt", str(tmp_path / "missing.json"))
