"""Every action of the catalogue is an OCSF 1.8.0 event of the class that it belongs to.

`tests/data/ocsf-1.8.0.json` holds what the published schema says of the classes in
use: which attributes there are, which are required, and the numbers of each.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from audit.formats import ocsf
from audit.formats.mapping import Class, activity
from audit.log.actions import CATALOG
from audit.log.selectors import Log
from tests.audit.formats.conftest import UNREADABLE, shown

_SCHEMA = json.loads(
    (Path(__file__).parents[2] / "data" / "ocsf-1.8.0.json").read_text()
)
# The profile `host` gives classes without an actor one.
_HOST = {"actor": {"type": "actor"}}


def _flaws(value: Any, schema: dict[str, Any], at: str) -> list[str]:
    known = schema["attributes"]
    flaws = [
        f"{at}.{name} is required"
        for name, one in known.items()
        if one.get("required") and name not in value
    ]
    wanted = schema["constraints"].get("at_least_one")
    if wanted and not set(wanted) & set(value):
        flaws.append(f"{at} needs one of {wanted}")
    for name, held in value.items():
        if name not in known:
            flaws.append(f"{at}.{name} is unknown")
            continue
        flaws += _flaws_of_one(held, known[name], f"{at}.{name}")
    return flaws


def _flaws_of_one(held: Any, one: dict[str, Any], at: str) -> list[str]:
    if bool(one.get("array")) != isinstance(held, list):
        return [f"{at} is a list, or should be"]
    flaws: list[str] = []
    for value in held if isinstance(held, list) else [held]:
        if one.get("enum") and value not in one["enum"]:
            flaws.append(f"{at} may not be {value}")
        if one["type"] in _SCHEMA["objects"]:
            flaws += _flaws(value, _SCHEMA["objects"][one["type"]], at)
        is_number = one["type"] in ("integer_t", "long_t", "timestamp_t")
        if is_number != isinstance(value, int) and one["type"].endswith("_t"):
            flaws.append(f"{at} is a {one['type']}")
    return flaws


def _event_flaws(event: dict[str, Any]) -> list[str]:
    found = _SCHEMA["classes"][str(event["class_uid"])]
    schema = dict(found)
    if "host" in event["metadata"].get("profiles", ()):
        schema["attributes"] = found["attributes"] | _HOST
    return _flaws(event, schema, "event")


@pytest.mark.parametrize("action", sorted(CATALOG))
@pytest.mark.parametrize("is_erased", [False, True], ids=["whole", "erased"])
def test_every_action_is_a_valid_event(action: str, is_erased: bool, log: Log) -> None:
    entry = shown(action, **({"opened": {}} if is_erased else {}))

    event: dict[str, Any] = ocsf.event(entry, log=log)

    assert _event_flaws(json.loads(json.dumps(event))) == []
    assert event["type_uid"] == event["class_uid"] * 100 + event["activity_id"]
    assert event["category_uid"] == event["class_uid"] // 1000
    assert event["metadata"]["version"] == "1.8.0"
    assert event["metadata"]["sequence"] == 7
    assert event["metadata"]["log_name"] == f"{log.origin}/2"


def test_no_class_is_empty_and_every_activity_has_a_name() -> None:
    found = [activity(name) for name in CATALOG]

    assert {one.of for one in found} == set(Class)
    assert all(one.name and one.number for one in found)


_TABLE = {
    "workspaces.session.signed-in": (3002, 1),
    "workspaces.session.signed-out": (3002, 2),
    "workspaces.break-glass.used": (3002, 1),
    "workspaces.code.sent": (3002, 6),
    "workspaces.member.created": (3001, 1),
    "workspaces.member.suspended": (3001, 5),
    "workspaces.member.removed": (3001, 6),
    "workspaces.scim-user.created": (3001, 1),
    "workspaces.scim-user.deleted": (3001, 6),
    "workspaces.member.role-changed": (3005, 1),
    "workspaces.custom_role.unassigned": (3005, 2),
    "workspaces.group.created": (3006, 6),
    "workspaces.group.deleted": (3006, 5),
    "retention.policy.set": (3004, 3),
    "retention.hold.placed": (3004, 1),
    "retention.hold.released": (3004, 4),
    "workspaces.connector.changed": (3004, 3),
    "workspaces.gpt.visibility-changed": (3004, 3),
    "workspaces.saml.activated": (3004, 8),
    "workspaces.saml.deactivated": (3004, 9),
    "workspaces.connector-token.released": (6003, 2),
    "audit.log.exported": (6001, 7),
    "workspaces.project.shared": (6001, 8),
    "retention.conversation.deleted": (6001, 4),
    "retention.conversation.purged": (6005, 7),
    "retention.project-file.purged": (6005, 7),
    "retention.gpt-file.purged": (6005, 7),
    "workspaces.project-file.added": (6006, 1),
    "retention.project-file.restored": (6006, 8),
    "workspaces.operator.changed": (6002, 8),
}


@pytest.mark.parametrize(("action", "expected"), _TABLE.items())
def test_acts_that_matter_most_are_what_a_receiver_looks_for(
    action: str, expected: tuple[int, int]
) -> None:
    assert action in CATALOG

    found = activity(action)

    assert (found.of, found.number) == expected


def test_a_refusal_is_a_failure(log: Log) -> None:
    entry = shown("workspaces.session.signed-in", outcome="refused")

    event = ocsf.event(entry, log=log)

    assert (event["status_id"], event["status_code"]) == (2, "refused")
    assert event["severity_id"] == 2


def test_settings_stand_before_and_after_in_the_entity(log: Log) -> None:
    event: dict[str, Any] = ocsf.event(shown(), log=log)

    assert event["entity"]["data"] == {"days": 90}
    assert event["entity_result"]["data"] == {"days": 30}
    assert event["entity"]["type_id"] == 5


def test_an_erased_person_is_a_user_without_a_name(log: Log) -> None:
    event: dict[str, Any] = ocsf.event(shown(opened={}, committed=["ip"]), log=log)

    assert event["actor"]["user"] == {"type_id": 1, "type": "User", "uid": "withheld"}
    assert event["src_endpoint"] == {"svc_name": "Custos"}
    assert event["unmapped"]["withheld"] == ["ip"]


def test_bytes_that_are_no_entry_are_a_valid_event(log: Log) -> None:
    event: dict[str, Any] = ocsf.event(UNREADABLE, log=log)

    assert _event_flaws(event) == []
    assert event["activity_id"] == 99
