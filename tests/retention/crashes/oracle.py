"""What must be true after a sweep, asked without any code of the product.

By a superuser's SQL, by looking into the folders, and by hashing the log's leaves anew:
nothing is lost, nothing happened twice, and nothing is unrecorded.
"""

import base64
import json
from collections import Counter
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tests.retention.crashes.content import Planted
from tests.retention.crashes.site import Site

_TABLES = {
    "conversation": "workspaces_conversation",
    "memory": "workspaces_memory",
    "file": "workspaces_projectfile",
    "project": "workspaces_project",
}
_NOUNS = {"file": "project-file"}
Database = psycopg.Connection[Any]


def is_over(site: Site) -> bool:
    """Whether every sweep is closed, vacuumed, examined and sealed."""
    with site.admin("content") as content:
        return content.execute(_OVER).fetchone() == (True,)


_OVER = """
select exists (select from retention_sweep)
   and not exists (select from retention_sweep where state <> 'closed'
                   or examined_at is null)
   and not exists (select from retention_sweeprun where state <> 'closed'
                   or vacuumed_at is null)
   and not exists (
       select from audit_sequencer s, audit_entry e
       where (e.epoch, e.xid, e.id) > (s.bound_epoch, s.bound_xid, s.bound_id))
"""


def assert_all_is_well(site: Site, planted: Planted) -> None:
    """The whole of it."""
    with site.admin("content") as content, site.admin("vault") as vault:
        _assert_rows(content, planted)
        _assert_keys(vault, planted)
        _assert_blobs(site.folder / "files" / "blobs", planted)
        _assert_log(content, planted)
        _assert_accounts(content, planted)
        _assert_receipts(content, planted)
        _assert_tree(content, site.folder / "files" / "heads")


def _column(content: Database, sql: str, *given: Any) -> list[Any]:
    return [row[0] for row in content.execute(sql, given).fetchall()]


def _assert_rows(content: Database, planted: Planted) -> None:
    for kind, table in _TABLES.items():
        stored = set(_column(content, f"select public_id from {table}"))
        assert stored & planted.due.get(kind, set()) == set(), f"{kind} is due"
        kept = planted.kept.get(kind, set())
        assert kept <= stored, f"{kind} must stay"
    # Each conversation has one message and one file, and no one else has any.
    n = len(planted.kept["conversation"])
    for table in ("workspaces_message", "workspaces_file"):
        assert _column(content, f"select count(*) from {table}") == [n]


def _assert_keys(vault: Database, planted: Planted) -> None:
    asked = list(planted.dead_keys | planted.live_keys)
    sql = "select id from vault_vaultkey where id = any(%s) and wrapped is not null"
    assert set(_column(vault, sql, asked)) == planted.live_keys


def _assert_blobs(folder: Path, planted: Planted) -> None:
    stored = {UUID(hex=file.stem) for file in folder.glob("??/??/*.blob")}
    assert planted.live_blobs <= stored, "bytes are lost"
    assert stored <= planted.live_blobs, "bytes are left"


def _leaves(content: Database) -> list[dict[str, Any]]:
    sql = "select leaf from audit_entry"
    return [json.loads(bytes(leaf)) for leaf in _column(content, sql)]


def _assert_log(content: Database, planted: Planted) -> None:
    told = Counter((leaf["action"], leaf["target_id"]) for leaf in _leaves(content))
    expected = Counter(
        (f"retention.{_NOUNS.get(kind, kind)}.purged", str(one))
        for kind, ids in planted.due.items()
        for one in ids
    )
    expected.update(
        ("workspaces.import.failed", str(i)) for i in planted.failed_imports
    )
    sweeps = _column(content, "select public_id from retention_sweep")
    for what in ("planned", "closed"):
        expected.update((f"retention.sweep.{what}", str(one)) for one in sweeps)
    actions = {action for action, _target in expected}
    assert {one: n for one, n in told.items() if one[0] in actions} == expected


def _assert_accounts(content: Database, planted: Planted) -> None:
    broken = """
        select id from retention_sweepslice
        where n <> purged + held + skipped + failed or purged <> n
           or (keys > 0 and keys_destroyed_at is null)
    """
    assert _column(content, broken) == []
    doomed = """
        select object_id from retention_doom where destroyed_at is not null
        group by object_id having count(*) = 1
    """
    gone = set(_column(content, doomed))
    assert gone == planted.dead_keys | planted.dead_blobs
    objects = "select content_id from retention_doom where slice_id is not null"
    told = Counter(_column(content, objects))
    assert told == Counter(one for ids in planted.due.values() for one in ids)
    waiting = "select object_id from retention_doom where destroyed_at is null"
    assert set(_column(content, waiting)) <= planted.live_blobs


def _assert_receipts(content: Database, planted: Planted) -> None:
    found = content.execute(
        "select w.public_id, r.document, r.signature, r.verifier_key"
        " from retention_receipt r join workspaces_workspace w on w.id = r.workspace_id"
    ).fetchall()
    assert Counter(row[0] for row in found) == dict.fromkeys(planted.by_workspace, 1)
    files = 0
    for workspace, document, signature, verifier_key in found:
        _assert_signed(bytes(document), bytes(signature), verifier_key)
        told = json.loads(bytes(document))
        result = told["result"]
        others = result.get("others", {}).values()
        n = result["purged"] + sum(one["purged"] for one in others)
        assert n == planted.by_workspace[workspace]
        assert result["keys_destroyed"] == n
        assert result["failed"] == 0
        files += result["files_destroyed"]
    assert files == len(planted.dead_blobs)


def _assert_signed(document: bytes, signature: bytes, verifier_key: str) -> None:
    raw = base64.b64decode(verifier_key.split("+", 2)[2])[1:]
    signed = b"custos-receipt/v1\n" + document
    Ed25519PublicKey.from_public_bytes(raw).verify(signature, signed)


def _assert_tree(content: Database, heads: Path) -> None:
    """The newest head of each log is the hash of its leaves in their order."""
    logs = content.execute(
        "select l.organization_id, o.public_id from audit_log l"
        " join workspaces_organization o on o.id = l.organization_id"
    ).fetchall()
    assert len(logs) == 2
    for organization_id, public_id in logs:
        ordered = _column(
            content,
            "select leaf from audit_entry where organization_id = %s"
            " order by epoch, xid, id",
            organization_id,
        )
        lines = (heads / str(public_id)).read_text().splitlines()
        assert int(lines[1]) == len(ordered)
        assert base64.b64decode(lines[2]) == _root([bytes(leaf) for leaf in ordered])


def _root(leaves: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, as it is written there."""
    if len(leaves) == 1:
        return sha256(b"\x00" + leaves[0]).digest()
    half = 1 << (len(leaves) - 1).bit_length() - 1
    return sha256(b"\x01" + _root(leaves[:half]) + _root(leaves[half:])).digest()
