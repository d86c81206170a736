"""The Integrity page: heads, anchors, keys, and what this browser saw last."""

import base64
import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, connections, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from audit import recording
from audit.anchors import services as anchors
from audit.log import checkpoints, leaf, note, sequencer, tree
from audit.recording import Target
from kit import scoping
from kit.actor import Actor
from tests import cast
from tests.audit.conftest import AT
from tests.audit.witnesses.conftest import Witness, ask, introduce
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = pytest.mark.django_db(transaction=True)

PAGE = "/o/halden-instruments/audit/integrity/"
HERE = "/w/halden-engineering/audit/integrity/"
BUDGET = 24


@pytest.fixture
def where(checkpoint_folder: Path) -> WorkspaceRef:
    return cast.workspace()


@pytest.fixture
def mara(where: WorkspaceRef) -> Client:
    return cast.owner(where).client()


def _record(where: WorkspaceRef, number: int = 1, **given: Any) -> None:
    organization = where.organization
    given = {
        "actor": cast.owner(where).actor,
        "action": "retention.policy.set",
        "target": Target(kind="policy", id=UUID(int=9)),
        "at": AT,
    } | given
    with scoping.organization(organization_id=organization.id):
        for _ in range(number):
            recording.record(organization_id=organization.id, **given)
    sequencer.seal(at=AT)


def _anchor() -> None:
    anchors.anchor(actor=Actor.system("anchors"), at=AT)
    sequencer.seal(at=AT)
    anchors.prove()


def _size(where: WorkspaceRef) -> int:
    text = checkpoints.published(where.organization.public_id)
    assert text is not None
    return int(text.split("\n")[1])


def _page(client: Client, url: str = PAGE) -> str:
    response = client.get(url)
    assert response.status_code == 200
    return response.content.decode()


def test_it_shows_the_head_its_keys_and_its_anchors(
    where: WorkspaceRef, mara: Client
) -> None:
    _record(where, 3)
    _anchor()

    for url in (PAGE, HERE):
        page = _page(mara, url)
        text = checkpoints.published(where.organization.public_id)
        assert text is not None
        assert text.partition("\n")[0] in page
        assert (
            checkpoints.keys_of(where.organization.public_id)[0].vkey.split("+")[1]
            in page
        )
        assert "the same head" in page
        assert "Signs now" in page
        assert "Sealed" in page


def test_an_empty_log_says_what_will_come(where: WorkspaceRef, mara: Client) -> None:
    assert "Nothing is sealed yet" in _page(mara)


def test_a_browser_compares_with_what_it_saw_last(
    where: WorkspaceRef, mara: Client
) -> None:
    _record(where, 3)
    assert "remembers this head" in _page(mara)
    assert "that this browser saw last" in _page(mara)
    _record(where, 300)

    assert "proven" in _page(mara)
    assert "is the head that this browser saw last" in _page(mara, HERE)


def test_a_history_that_was_rewritten_is_said_plainly_and_stays_said(
    where: WorkspaceRef, mara: Client
) -> None:
    _record(where, 3)
    _page(mara)
    _rewrite(where)

    for url in (PAGE, HERE, PAGE):
        assert "is not the one that this browser saw" in _page(mara, url)


def _rewrite(where: WorkspaceRef) -> None:
    """A shorter history, in the database and in the files."""
    one = where.organization.id
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("set local custos.audit_door = 'open'")
        for table in ("audit_block", "audit_facet", "audit_tile"):
            cursor.execute(f"delete from {table} where organization_id = %s", [one])
    folder = checkpoints._folder()
    (folder / str(where.organization.public_id)).unlink()
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("set local custos.audit_door = 'open'")
        cursor.execute(
            "update audit_entry set leaf = replace(encode(leaf, 'escape'), 'success',"
            " 'refused')::bytea where organization_id = %s",
            [one],
        )
        cursor.execute(
            "update audit_sequencer set bound_epoch = 1, bound_xid = '0', bound_id = 0"
        )
    sequencer.seal(at=AT)


def test_a_cookie_that_was_made_up_is_no_memory(
    where: WorkspaceRef, mara: Client
) -> None:
    _record(where, 3)
    mara.cookies[f"custos-log-{where.organization.public_id.hex}"] = "made:up"

    assert "remembers this head" in _page(mara)


def test_the_proof_of_an_entry_is_checked_without_this_site(
    where: WorkspaceRef, mara: Client
) -> None:
    _record(where, 5, reason="Because")
    last = _size(where) - 1
    response = mara.get(f"/o/halden-instruments/audit/1/{last}/proof/")
    assert response["Content-Disposition"].endswith(f'1-{last}.tlog-proof"')
    proof, _gap, checkpoint = response.content.decode().partition("\n\n")
    first, extra, index, *hashes = proof.split("\n")

    assert first == "c2sp.org/tlog-proof@v1"
    assert index == f"index {last}"
    head = note.opened(
        checkpoint, keys=checkpoints.keys_of(where.organization.public_id)
    )
    opened = json.loads(base64.b64decode(extra.removeprefix("extra ")))
    entry = base64.b64decode(opened["entry"])
    tree.check_inclusion(
        hashed=tree.leaf_hash(entry),
        index=last,
        size=head.size,
        proof=[base64.b64decode(one) for one in hashes],
        root=head.root,
    )
    reason = opened["details"]["reason"]
    assert reason["value"] == "Because"
    assert json.loads(entry)["commit"]["reason"] == leaf.commitment(
        name="reason", value="Because", salt=base64.b64decode(reason["salt"])
    )


def test_a_workspace_takes_no_proof_of_anothers_entry(
    where: WorkspaceRef, mara: Client
) -> None:
    _record(where, 2)
    _record(where, 1, workspace=where.public_id)

    last = _size(where) - 1
    here = "/w/halden-engineering/audit/1"
    assert mara.get(f"{here}/{last - 1}/proof/").status_code == 404
    assert mara.get(f"{here}/{last}/proof/").status_code == 200


@pytest.mark.parametrize("place", ["1/77", "9/0"])
def test_what_is_not_sealed_has_no_proof(
    where: WorkspaceRef, mara: Client, place: str
) -> None:
    _record(where, 2)

    assert mara.get(f"/o/halden-instruments/audit/{place}/proof/").status_code == 404


def test_strangers_and_members_without_the_permission(where: WorkspaceRef) -> None:
    stranger = cast.owner(cast.elsewhere()).client()
    member = cast.member(where).client()

    assert stranger.get(PAGE).status_code == 404
    assert member.get(HERE).status_code == 403


def test_the_keys_are_published_and_no_log_is_named(where: WorkspaceRef) -> None:
    _record(where, 2)

    answer = Client().get("/.well-known/custos-log-keys")

    keys = answer.json()["keys"]
    assert base64.b64decode(keys[-1]["public_key"]) == sequencer._key().public
    assert keys[-1]["signs_now"]
    assert str(where.organization.public_id) not in answer.content.decode()


def test_the_page_asks_little(where: WorkspaceRef, mara: Client) -> None:
    _record(where, 40)
    _page(mara)
    _record(where, 40)

    with CaptureQueriesContext(connection) as queries:
        _page(mara)

    assert len(queries) <= BUDGET


def test_it_shows_who_witnessed_an_anchor_and_when(
    where: WorkspaceRef, mara: Client, settings: Any
) -> None:
    _record(where, 3)
    _anchor()
    assert "Witnessed" not in _page(mara)
    witness = Witness()
    settings.CUSTOS_OUTBOUND_ALLOW_PRIVATE = True
    settings.CUSTOS_WITNESS_VKEY = witness.vkey
    settings.CUSTOS_WITNESS_URL = "http://127.0.0.1:1"
    assert "Awaiting witness" in _page(mara)

    introduce(witness)
    with witness.running():
        settings.CUSTOS_WITNESS_URL = witness.url
        ask()

    for url in (PAGE, HERE):
        page = _page(mara, url)
        assert "Awaiting witness" not in page
        assert witness.name in page
        assert witness.vkey in page
