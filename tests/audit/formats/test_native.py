"""The native event says all that the entry says, and names what it withholds."""

import base64
import json
from hashlib import sha256

from audit.formats import native
from audit.log import tree
from audit.log.selectors import Log
from tests.audit.formats.conftest import TARGET, UNREADABLE, shown


def test_an_event_says_who_did_what_on_what_and_where_it_stands(log: Log) -> None:
    event = native.event(shown(counts={"conversations": 3}), log=log)

    assert event["action"] == "retention.policy.set"
    assert event["area"] == "retention"
    assert event["message"] == "Set the retention policy (3 conversations)"
    assert event["time"] == "2026-11-23T09:15:07Z"
    assert event["actor"] == {
        "kind": "user",
        "id": "11111111-2222-4333-8444-555555555555",
        "label": "mara.lindqvist@halden.example",
        "role": "owner",
        "ip": "203.0.113.24",
        "user_agent": "Firefox/140.0",
    }
    assert event["target"] == {"kind": "policy", "id": str(TARGET)}
    assert event["changes"] == {"days": {"before": 90, "after": 30}}
    assert event["details"] == {"name": "Legal | research"}
    assert event["log"] == {"origin": f"{log.origin}/2", "epoch": 2, "index": 7}
    assert "withheld" not in event


def test_what_is_erased_is_absent_and_named(log: Log) -> None:
    entry = shown(opened={"change.days": [90, 30]}, committed=["actor_id", "ip"])

    event = native.event(entry, log=log)

    assert event["actor"] == {"kind": "user"}
    assert event["withheld"] == ["actor_id", "ip"]
    assert "reason" not in event


def test_the_sealed_bytes_come_with_it_so_that_a_receiver_can_hash_them(
    log: Log,
) -> None:
    entry = shown()

    leaf = json.loads(json.dumps(native.event(entry, log=log)))["leaf"]

    assert sha256(b"\x00" + leaf.encode()).digest() == tree.leaf_hash(entry.raw)


def test_bytes_that_are_no_entry_are_passed_on(log: Log) -> None:
    event = native.event(UNREADABLE, log=log)

    assert base64.b64decode(str(event["leaf_base64"])) == b"\xff{"
    assert event["message"] == "An entry that cannot be read"
