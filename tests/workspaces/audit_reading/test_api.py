"""Programs read the audit log: catalogue, events, cursors, and what is recorded."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.core.cache import cache
from django.test import Client

from audit import recording
from audit.exports import services as exports
from audit.exports.models import AuditExport, Form
from audit.log import sequencer
from audit.log.actions import CATALOG
from audit.log.selectors import log_of
from audit.recording import Target
from kit import clock, scoping
from tests import cast
from tests.audit.conftest import AT
from workspaces.keys.services import api_keys
from workspaces.roles.matrix import Role
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = pytest.mark.django_db(transaction=True)

URL = "/v1/audit"


@pytest.fixture
def where(settings: Any, tmp_path: Path) -> WorkspaceRef:
    cache.clear()
    settings.CUSTOS_CHECKPOINT_DIR = tmp_path / "checkpoints"
    return cast.workspace()


@pytest.fixture
def seal() -> Callable[[], int]:
    return lambda: sequencer.seal(at=AT)


def _key(where: WorkspaceRef, *, scope: str = "audit.read", whole: bool = True) -> str:
    issued = api_keys.issue(
        organization=where.organization,
        workspace=None if whole else where,
        actor=cast.owner(where).actor,
        name="SIEM",
        scopes=[scope],
        at=AT,
    )
    return str(issued.secret)


def _ask(secret: str, path: str = "/events", **query: Any) -> Any:
    with clock.fixed_at(AT):
        return Client().get(
            f"{URL}{path}", query, headers={"Authorization": f"Bearer {secret}"}
        )


def _record(where: WorkspaceRef, number: int = 1, **given: Any) -> None:
    given = {"action": "retention.policy.set", "at": AT} | given
    with scoping.organization(organization_id=where.organization.id):
        for _ in range(number):
            recording.record(
                actor=cast.owner(where).actor,
                organization_id=where.organization.id,
                target=Target(kind="policy", id=UUID(int=9)),
                **given,
            )


def _indexes(answer: Any) -> list[int]:
    assert answer.status_code == 200, answer.content
    return [one["log"]["index"] for one in answer.json()["data"]]


def test_the_catalogue_describes_every_action(where: WorkspaceRef) -> None:
    found = _ask(_key(where), "/catalogue").json()

    by_name = {one["name"]: one for one in found["actions"]}
    assert set(by_name) == set(CATALOG)
    assert by_name["retention.policy.set"] == {
        "name": "retention.policy.set",
        "area": "retention",
        "label": "Set the retention policy",
        "label_refused": "Tried to set the retention policy",
        "app": "retention",
        "kind": "policy",
        "verb": "set",
    }
    keys = {one["key"]: one["operators"] for one in found["query"]["keys"]}
    assert keys["at"] == [":", ">=", "<"]
    assert keys["area"] == [":"]


def test_events_are_found_by_the_language_of_the_page(
    where: WorkspaceRef, seal: Callable[[], int]
) -> None:
    secret = _key(where)
    _record(where, 2, changes={"keep_days": (120, 90)}, reason="RS-14")
    _record(where, action="retention.hold.placed", outcome="refused")
    seal()

    answer = _ask(secret, query="area:retention").json()

    assert len(answer["data"]) == 2
    assert answer["query"] == "area:retention"
    event = answer["data"][0]
    assert event["changes"] == {"keep_days": {"before": 120, "after": 90}}
    assert event["reason"] == "RS-14"
    assert len(_indexes(_ask(secret, query="outcome:refused area:holds"))) == 1


@pytest.mark.parametrize("order", ["newest", "log"])
def test_cursors_lead_through_all_events_both_ways(
    where: WorkspaceRef, seal: Callable[[], int], order: str
) -> None:
    secret = _key(where)
    _record(where, 5)
    seal()
    asked = {"query": "area:retention", "order": order, "limit": 2}

    pages = [_ask(secret, **asked)]
    while after := pages[-1].json()["next"]:
        pages.append(_ask(secret, after=after, **asked))
    back = _ask(secret, after=pages[-1].json()["previous"], **asked)

    seen = [index for page in pages for index in _indexes(page)]
    assert seen == sorted(seen, reverse=order == "newest")
    assert len(set(seen)) == 5
    assert _indexes(back) == _indexes(pages[-2])


def test_a_request_is_recorded_as_one_entry(
    where: WorkspaceRef, seal: Callable[[], int]
) -> None:
    secret = _key(where)
    _record(where, 3)
    seal()
    _ask(secret, query="area:retention")
    seal()

    entry = _ask(secret, query="action:audit.entries.read").json()["data"]

    assert len(entry) == 1
    assert entry[0]["counts"] == {"entries": 3}
    assert entry[0]["details"] == {"query": "area:retention"}
    assert entry[0]["actor"]["kind"] == "service"


def test_a_key_of_a_workspace_reads_what_is_about_it(
    where: WorkspaceRef, seal: Callable[[], int]
) -> None:
    secret = _key(where, whole=False)
    _record(where)
    _record(where, workspace=where.public_id)
    seal()

    found = _ask(secret, query="area:retention").json()["data"]

    assert [one["workspace"] for one in found] == [str(where.public_id)]


def test_another_organization_is_never_read(
    where: WorkspaceRef, seal: Callable[[], int]
) -> None:
    secret = _key(where)
    _record(cast.elsewhere())
    seal()

    assert _indexes(_ask(secret, query="area:retention")) == []


@pytest.mark.parametrize("path", ["/events", "/catalogue"])
def test_a_key_without_the_scope_is_refused(where: WorkspaceRef, path: str) -> None:
    answer = _ask(_key(where, scope="admin.read"), path)

    assert answer.status_code == 403
    assert "audit.read" in answer.json()["detail"]
    assert _ask("nonsense", path).status_code == 401


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"query": "area:kitchen"}, 400),
        ({"after": "nonsense"}, 400),
        ({"limit": "0"}, 422),
        ({"limit": "201"}, 422),
        ({"order": "sideways"}, 422),
    ],
)
def test_bad_input_is_refused_with_a_sentence(
    where: WorkspaceRef, asked: dict[str, str], status: int
) -> None:
    answer = _ask(_key(where), **asked)

    assert answer.status_code == status
    assert answer.json()["detail"]


def _exported(where: WorkspaceRef, *, workspace: UUID | None) -> AuditExport:
    with scoping.organization(organization_id=where.organization.id):
        row = exports.request(
            actor=cast.owner(where).actor,
            log=log_of(organization_id=where.organization.id),
            workspace=workspace,
            form=Form.JSONL,
            query="",
            at=AT,
        )
    exports.work_due(clock=lambda: AT)
    return row


def test_a_program_asks_why_the_file_of_an_export_goes(
    where: WorkspaceRef, seal: Callable[[], int]
) -> None:
    _record(where)
    seal()
    row = _exported(where, workspace=where.public_id)

    told = _ask(_key(where, whole=False), f"/exports/{row.public_id}/why")

    assert told.status_code == 200
    answer = told.json()
    assert datetime.fromisoformat(answer.pop("made_at")) == AT
    assert datetime.fromisoformat(answer.pop("purge_at")) == AT + timedelta(days=7)
    assert answer == {
        "kind": "audit_exports",
        "id": str(row.public_id),
        "state": "live",
        "is_due": False,
        "is_held": False,
        "kept_days": 7,
        "is_cut_short": False,
        "ways_out": ["erase person"],
    }


def test_a_program_asks_why_details_of_an_event_go(
    where: WorkspaceRef, seal: Callable[[], int]
) -> None:
    _record(where, workspace=where.public_id)
    seal()
    secret = _key(where, whole=False)
    place = _ask(secret, query="action:retention.policy.set").json()["data"][0]["log"]

    told = _ask(secret, f"/events/{place['epoch']}/{place['index']}/why")

    assert told.status_code == 200
    answer = told.json()
    gone = datetime.fromisoformat(answer["purge_after"])
    assert gone == AT + timedelta(days=answer["kept_days"])
    assert (answer["kind"], answer["state"]) == ("audit_details", "live")
    assert (answer["is_due"], answer["is_held"]) == (False, False)
    assert answer["ways_out"] == ["change days", "place hold", "erase person"]


def test_why_is_told_to_nobody_else(
    where: WorkspaceRef, seal: Callable[[], int]
) -> None:
    _record(where)
    seal()
    row = _exported(where, workspace=None)
    whole, part = _key(where), _key(where, whole=False)
    lacking = _key(where, scope="admin.read")
    elsewhere = cast.elsewhere()
    strangers = str(
        api_keys.issue(
            organization=elsewhere.organization,
            workspace=None,
            actor=cast.person(
                elsewhere, "sol.ortega@brennan.example", Role.OWNER
            ).actor,
            name="SIEM",
            scopes=["audit.read"],
            at=AT,
        ).secret
    )
    event = _ask(whole, query="action:retention.policy.set").json()["data"][0]["log"]

    for path in (
        f"/exports/{row.public_id}/why",
        f"/events/{event['epoch']}/{event['index']}/why",
    ):
        assert _ask(whole, path).status_code == 200
        # The key of a workspace meets nothing of the organization's.
        assert _ask(part, path).status_code == 404
        assert _ask(lacking, path).status_code == 403
        assert _ask("", path).status_code == 401
    assert _ask(strangers, f"/exports/{row.public_id}/why").status_code == 404
    assert _ask(whole, f"/events/1/{10**30}/why").status_code == 404
