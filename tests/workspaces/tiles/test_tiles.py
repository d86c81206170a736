"""Programs with a key of the organization read the log as C2SP tiles."""

import base64
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.core.cache import cache
from django.test import Client

from audit import recording
from audit.log import checkpoints, note, sequencer, tiles, tree
from audit.recording import Target
from kit import scoping
from tests import cast
from tests.audit.conftest import AT
from tests.cast import OPERATOR
from workspaces.keys.services import api_keys
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def where(checkpoint_folder: Path) -> WorkspaceRef:
    cache.clear()
    return cast.workspace()


def _record(where: WorkspaceRef, number: int) -> None:
    organization = where.organization
    with scoping.organization(organization_id=organization.id):
        for _ in range(number):
            recording.record(
                actor=OPERATOR,
                action="retention.policy.set",
                target=Target(kind="policy", id=UUID(int=9)),
                organization_id=organization.id,
                at=AT,
            )
    sequencer.seal(at=AT)


def _key(where: WorkspaceRef, **options: Any) -> str:
    given = {
        "actor": OPERATOR,
        "workspace": None,
        "name": "Auditor",
        "scopes": ["audit.read"],
        "at": AT,
    } | options
    return str(api_keys.issue(organization=where.organization, **given).secret)


def _get(secret: str, path: str, **query: Any) -> Any:
    return Client().get(
        f"/v1/audit/log/1/{path}", query, headers={"Authorization": f"Bearer {secret}"}
    )


def _head(where: WorkspaceRef, secret: str) -> note.Checkpoint:
    text = _get(secret, "checkpoint").content.decode()
    return note.opened(text, keys=checkpoints.keys_of(where.organization.public_id))


def test_the_tiles_lead_to_the_signed_head(where: WorkspaceRef) -> None:
    secret = _key(where)
    _record(where, 300)
    head = _head(where, secret)

    leaves: list[bytes] = []
    hashes = b""
    for tile in (one for one in tiles.tiles_of(head.size) if one.level == 0):
        leaves += tiles.unbundled(_get(secret, tile.entries_path).content)
        hashes += _get(secret, tile.path).content

    assert [tree.leaf_hash(leaf) for leaf in leaves] == tree.split_hashes(hashes)
    assert tree.root_of(tree.split_hashes(hashes)) == head.root
    upper = _get(secret, "tile/1/000.p/1").content
    assert upper == tree.root_of(tree.split_hashes(hashes)[:256])


def test_what_is_complete_may_be_kept_and_a_head_may_not(where: WorkspaceRef) -> None:
    secret = _key(where)
    _record(where, 300)

    for path in ("tile/0/000", "tile/entries/000", "tile/0/001.p/3"):
        answer = _get(secret, path)
        assert "immutable" in answer["Cache-Control"]
        assert "private" in answer["Cache-Control"]
    assert "no-cache" in _get(secret, "checkpoint")["Cache-Control"]


def test_a_later_head_is_proven_to_extend_an_earlier_one(where: WorkspaceRef) -> None:
    secret = _key(where)
    _record(where, 5)
    earlier = _head(where, secret)
    _record(where, 20)
    later = _head(where, secret)

    told = _get(secret, "consistency", old=earlier.size).json()

    assert (told["old"], told["size"]) == (earlier.size, later.size)
    tree.check_consistency(
        old=earlier.size,
        size=later.size,
        proof=[base64.b64decode(one) for one in told["hashes"]],
        old_root=earlier.root,
        root=later.root,
    )
    same = _get(secret, "consistency", old=3, size=earlier.size).json()
    assert same["size"] == earlier.size


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/001",
        "tile/0/000.p/255",
        "tile/0/000.p/256",
        "tile/0/000.p/0",
        "tile/entries/7",
        "tile/64/000",
        "tile/0/x000/000",
        "tile/-1/000",
        "tile/entries/x999/x999/x999/x999/x999/999",
        "consistency?old=99999",
        "consistency?old=0",
        "consistency?old=3&size=4",
        "consistency?old=-1",
        "other",
    ],
)
def test_what_is_not_there_is_not_found(where: WorkspaceRef, path: str) -> None:
    secret = _key(where)
    _record(where, 10)

    assert _get(secret, path).status_code == 404


def test_an_epoch_that_never_was_is_not_found(where: WorkspaceRef) -> None:
    secret = _key(where)
    for epoch in (2, 2**40):
        answer = Client().get(
            f"/v1/audit/log/{epoch}/checkpoint",
            headers={"Authorization": f"Bearer {secret}"},
        )
        assert answer.status_code == 404
        assert answer["content-type"] == "application/problem+json"


def test_a_key_of_one_workspace_sees_no_tile(where: WorkspaceRef) -> None:
    secret = _key(where, workspace=where)
    _record(where, 10)

    for path in ("checkpoint", "tile/0/000.p/10", "tile/entries/000.p/10"):
        answer = _get(secret, path)
        assert answer.status_code == 403
        assert "key of the organization" in answer.json()["detail"]
    assert _get(secret, "consistency", old=3).status_code == 403


def test_a_key_without_the_scope_and_a_stranger_see_none(where: WorkspaceRef) -> None:
    _record(where, 3)

    assert _get(_key(where, scopes=["admin.read"]), "checkpoint").status_code == 403
    assert _get("nothing", "checkpoint").status_code == 401


def test_a_key_reads_the_log_of_its_own_organization(where: WorkspaceRef) -> None:
    secret = _key(where)
    _record(where, 3)
    _record(cast.elsewhere(), 9)

    assert str(where.organization.public_id) in _head(where, secret).origin
