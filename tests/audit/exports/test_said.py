"""What an export says of entries is verified beside their proofs, word by word."""

import base64
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from audit.exports.models import Form
from audit.integrity import proofs, selectors
from audit.log import checkpoints
from audit.log.leaf import Json
from audit.log.selectors import log_of
from audit.verification import verifier
from kit import scoping
from tests.audit.conftest import Tenant
from tests.audit.exports.conftest import asked, made

pytestmark = pytest.mark.django_db(transaction=True)
Seal = Callable[[], int]
Event = dict[str, Any]


@pytest.fixture
def key(halden: Tenant, seal: Seal) -> str:
    """Three sealed entries, and the key that signed their head."""
    for number in range(3):
        halden.record(
            reason=f"reason {number}",
            changes={"days": (30, 90 + number)},
            details={"plan": "enterprise"},
            counts={"policies": number},
        )
    seal()
    return checkpoints.keys_of(halden.uuid)[0].vkey


@pytest.fixture
def event(halden: Tenant, key: str) -> Event:
    """The second entry, as the JSON export says it."""
    found: Event = json.loads(made(asked(halden)).splitlines()[1])
    return found


@pytest.fixture
def proof(halden: Tenant, key: str, tmp_path: Path) -> Path:
    """The file that *Download proof* of the second entry gives."""
    return proof_of(halden, 1, tmp_path)


def proof_of(tenant: Tenant, index: int, folder: Path) -> Path:
    path = folder / f"{tenant.slug}-1-{index}.tlog-proof"
    with scoping.organization(organization_id=tenant.id):
        log = log_of(organization_id=tenant.id)
        found = selectors.provable(log, epoch=1, index=index)
        assert found is not None
        path.write_bytes(proofs.proof_file(log, found))
    return path


def written(folder: Path, *events: Json) -> Path:
    path = folder / "events.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in events))
    return path


def told(*arguments: Any, code: int) -> list[dict[str, Any]]:
    """What the program says of each file, with nothing of Custos on its path."""
    program = shutil.copy(verifier.__file__, Path(arguments[-1]).parent / "alone.py")
    done = subprocess.run(
        [sys.executable, "-I", "-S", program, "--json", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
    )
    assert done.returncode == code, done.stdout + done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()] or [
        {"says": done.stderr}
    ]


def test_the_proof_of_one_entry_is_verified_alone(key: str, proof: Path) -> None:
    (said,) = told("--key", key, proof, code=0)

    assert (said["kind"], said["entries"], said["verified"]) == ("proof", 1, True)
    assert said["details"] >= 3


def test_an_event_of_the_json_export_is_what_its_proof_proves(
    key: str, event: Event, proof: Path, tmp_path: Path
) -> None:
    file = written(tmp_path, event)

    _proof, said = told("--key", key, "--event", file, proof, code=0)

    assert (said["kind"], said["events"], said["verified"]) == ("events", 1, True)


def test_the_raw_json_that_a_page_shows_is_what_its_proof_proves(
    key: str, event: Event, proof: Path, tmp_path: Path
) -> None:
    file = tmp_path / "raw.json"
    file.write_text(json.dumps(json.loads(event["leaf"]), indent=2))

    assert told("--key", key, "--event", file, proof, code=0)[1]["verified"]
    file.write_text(json.dumps(json.loads(event["leaf"]) | {"outcome": "refused"}))
    said = told("--key", key, "--event", file, proof, code=1)[1]
    assert said["says"] == "event 1: it is not the entry that was sealed"


@pytest.mark.parametrize("form", ["whole", "chosen"])
def test_a_whole_json_export_is_verified_beside_the_evidence(
    halden: Tenant, key: str, tmp_path: Path, form: str
) -> None:
    query = "area:retention" if form == "chosen" else ""
    lines = made(asked(halden, query=query))
    (file := tmp_path / "events.jsonl").write_bytes(lines)
    (evidence := tmp_path / "log.zip").write_bytes(
        made(asked(halden, Form.EVIDENCE, query=query))
    )

    said = told("--key", key, "--event", file, evidence, code=0)[1]

    assert (said["events"], said["verified"]) == (len(lines.splitlines()), True)
    bent = [json.loads(one) for one in lines.splitlines()]
    bent[2]["counts"]["policies"] = 7
    said = told("--key", key, "--event", written(tmp_path, *bent), evidence, code=1)[1]
    assert said["says"].startswith("event 3: 'counts' is not what the entry")


def _put(name: str, value: Json) -> Callable[[Event], None]:
    return lambda event: event.__setitem__(name, value)


def _reseal(event: Event) -> None:
    """Fields and leaf changed alike, as somebody would who knows the form."""
    event["outcome"] = "refused"
    event["leaf"] = event["leaf"].replace('"success"', '"refused"')


@pytest.mark.parametrize(
    ("bend", "says"),
    [
        (_put("outcome", "refused"), "'outcome' is not what the entry"),
        (_put("time", "2026-11-23T09:15:08Z"), "'time' is not"),
        (_put("reason", "another reason"), "'reason' is not"),
        (lambda event: event.pop("reason"), "'reason' is not"),
        (lambda event: event["actor"].update(label="ann@x.example"), "'actor' is not"),
        (lambda event: event["changes"]["days"].update(before=1), "'changes' is not"),
        (lambda event: event["target"].update(id="x"), "'target' is not"),
        (lambda event: event["counts"].update(policies=True), "'counts' is not"),
        (_put("withheld", ["reason"]), "'reason' is not"),
        (_put("approved_by", "mara"), "'approved_by' is not"),
        (_put("withheld", 7), "malformed"),
        (_reseal, "it is not the entry that was sealed there"),
        (lambda event: event["log"].update(index=2), "none of the other files"),
        (lambda event: event["log"].update(origin="x/audit/y/1"), "none of the other"),
    ],
)
def test_an_altered_event_is_named(
    key: str,
    event: Event,
    proof: Path,
    tmp_path: Path,
    bend: Callable[[Event], None],
    says: str,
) -> None:
    bend(event)

    proven, said = told(
        "--key", key, "--event", written(tmp_path, event), proof, code=1
    )

    assert proven["verified"]
    assert not said["verified"]
    assert said["says"].startswith("event 1: ")
    assert says in said["says"]


def test_what_was_withheld_from_the_event_is_no_flaw(
    key: str, event: Event, proof: Path, tmp_path: Path
) -> None:
    """The event was exported after an erasure, its proof before."""
    del event["reason"]
    event["withheld"] = ["reason"]

    assert told("--key", key, "--event", written(tmp_path, event), proof, code=0)


def test_the_proof_of_another_entry_proves_nothing_of_this_one(
    halden: Tenant, key: str, event: Event, tmp_path: Path
) -> None:
    other = proof_of(halden, 2, tmp_path)

    said = told("--key", key, "--event", written(tmp_path, event), other, code=1)[1]

    assert said["says"].endswith("proves the entry that it is about")


def test_a_proof_of_another_log_of_the_same_installation_is_refused(
    brightwater: Tenant, key: str, seal: Seal, tmp_path: Path
) -> None:
    brightwater.record()
    seal()

    (said,) = told("--key", key, proof_of(brightwater, 0, tmp_path), code=1)

    assert said["says"] == "no trusted key signed the checkpoint"


def test_another_key_is_refused(key: str, proof: Path) -> None:
    name, raw = key.partition("+")[0], b"\x01" + bytes(32)
    announced = sha256(f"{name}\n".encode() + raw).hexdigest()[:8]
    wrong = f"{name}+{announced}+{base64.b64encode(raw).decode()}"

    (said,) = told("--key", wrong, proof, code=1)

    assert said["says"] == "no trusted key signed the checkpoint"


def _bent(proof: Path, before: str, after: str) -> Path:
    text = proof.read_text()
    assert before in text
    proof.write_text(text.replace(before, after, 1))
    return proof


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("index 1\n", "index 2\n", "does not lead to its head"),
        ("index 1\n", "index x\n", "is no number"),
        ("/1\n3\n", "/1\n4\n", "the signature under the checkpoint is wrong"),
        ("extra ", "extra !", "is not base64"),
        ("extra ", "other ", "is no proof of an entry"),
    ],
)
def test_a_bent_proof_is_one_sentence(
    key: str, proof: Path, before: str, after: str, says: str
) -> None:
    (said,) = told("--key", key, _bent(proof, before, after), code=1)

    assert says in said["says"]


def test_a_proof_without_a_key_is_asked_for_one(proof: Path) -> None:
    (said,) = told(proof, code=2)

    assert "brings no key of its own: give --key" in said["says"]


@pytest.mark.parametrize(
    "text", ["7", '{"id": "a", "id": "b"}', "{", '{"log": 7}', '{"no": "id"}']
)
def test_what_are_no_events_is_one_sentence(
    key: str, proof: Path, tmp_path: Path, text: str
) -> None:
    (file := tmp_path / "events.jsonl").write_text(text)

    (said,) = told("--key", key, "--event", file, proof, code=2)

    assert said["says"].startswith("custos-verify: ")
    assert "Traceback" not in said["says"]


def test_events_beside_a_file_that_does_not_hold_are_not_said_to_hold(
    key: str, event: Event, proof: Path, tmp_path: Path
) -> None:
    _bent(proof, "index 1\n", "index 2\n")

    said = told("--key", key, "--event", written(tmp_path, event), proof, code=1)[1]

    assert not said["verified"]
