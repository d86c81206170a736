"""The site's log names the head of every log, hour by hour."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import IntegrityError, connections, transaction

from audit.anchors import services
from audit.anchors.models import AuditAnchor
from audit.log import checkpoints, note, sequencer, storage, tree
from audit.log.models import SITE
from audit.log.selectors import Log, log_of
from audit.verification.flaws import Finding, Flaw
from audit.verification.walk import walk
from kit import scoping
from kit.actor import Actor
from tests.audit.conftest import AT, Tenant

pytestmark = pytest.mark.django_db(transaction=True)
Sealing = Callable[[], int]
ANCHORS = Actor.system("anchors")


def _anchors(tenant: Tenant) -> list[AuditAnchor]:
    with scoping.organization(organization_id=tenant.id):
        return list(AuditAnchor.objects.order_by("hour"))


def _log(tenant: Tenant) -> Log:
    with scoping.organization(organization_id=tenant.id):
        return log_of(organization_id=tenant.id)


def test_each_head_is_named_once_an_hour(
    halden: Tenant, brightwater: Tenant, seal: Sealing
) -> None:
    halden.record()
    brightwater.record()
    seal()

    counts = [services.anchor(actor=ANCHORS, at=AT) for _ in range(3)]
    halden.record()
    seal()
    counts.append(services.anchor(actor=ANCHORS, at=AT + timedelta(minutes=5)))
    counts.append(services.anchor(actor=ANCHORS, at=AT + timedelta(hours=1)))
    counts.append(services.anchor(actor=ANCHORS, at=AT + timedelta(hours=2)))

    assert counts == [2, 0, 0, 0, 1, 0]
    assert [anchor.size for anchor in _anchors(halden)] == [1, 2]
    assert [anchor.size for anchor in _anchors(brightwater)] == [1]


def test_an_anchor_is_proven_to_whoever_cannot_read_the_sites_log(
    halden: Tenant, seal: Sealing
) -> None:
    for _ in range(3):
        halden.record()
    seal()
    services.anchor(actor=ANCHORS, at=AT)
    assert services.prove() == 0

    seal()
    assert services.prove() == 1
    assert services.prove() == 0

    (anchor,) = _anchors(halden)
    leaf = json.loads(bytes(anchor.leaf or b""))
    assert leaf["action"] == "audit.head.anchored"
    assert leaf["target_id"] == str(halden.uuid)
    assert leaf["counts"] == {"epoch": 1, "size": 3}
    assert leaf["digests"] == {"root": bytes(anchor.root).hex()}
    with scoping.organization(organization_id=SITE):
        site = log_of(organization_id=SITE)
    head = note.opened(anchor.note, keys=checkpoints.keys_of(site.uuid))
    assert anchor.index is not None
    tree.check_inclusion(
        hashed=tree.leaf_hash(bytes(anchor.leaf or b"")),
        index=anchor.index,
        size=head.size,
        proof=tree.split_hashes(bytes(anchor.proof or b"")),
        root=head.root,
    )


def test_a_history_rewritten_with_the_real_key_and_the_files_is_found(
    halden: Tenant, seal: Sealing
) -> None:
    halden.record()
    seal()
    services.anchor(actor=ANCHORS, at=AT)
    seal()
    assert walk(_log(halden), using="sequencer").finding is None

    _rewrite(halden)

    assert walk(_log(halden), using="sequencer").finding == Finding(
        flaw=Flaw.FORKED, epoch=1, index=0
    )


def _rewrite(tenant: Tenant) -> None:
    """Another history, signed by the log's own key, files and all."""
    log = _log(tenant)
    (block,) = storage.newest_blocks(ids=[tenant.id], epoch=1, using="sequencer")
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "select leaf from audit_entry where organization_id = %s", [tenant.id]
        )
        leaf = bytes(cursor.fetchone()[0]).replace(b"success", b"refused")
        hashed = tree.leaf_hash(leaf)
        head = note.Checkpoint(origin=log.named(1), size=1, root=hashed)
        text = note.signed(head, key=sequencer._key())
        cursor.execute("set custos.audit_door = 'open'")
        cursor.execute(
            "update audit_entry set leaf = %s where organization_id = %s",
            [leaf, tenant.id],
        )
        cursor.execute(
            "update audit_block set hashes = %s, peaks = %s, root = %s, note = %s"
            " where organization_id = %s",
            [hashed, hashed, hashed, text, tenant.id],
        )
        cursor.execute(
            "update audit_facet set outcome = 'refused' where organization_id = %s",
            [tenant.id],
        )
        cursor.execute("reset custos.audit_door")
    assert block.note != text
    file = checkpoints._file(tenant.uuid)
    file.write_text(text)


def test_nothing_of_an_anchor_is_half_there(halden: Tenant, seal: Sealing) -> None:
    halden.record()
    seal()
    services.anchor(actor=ANCHORS, at=AT)

    for change, name in (
        ("index = 1", "audit_anchor_proven_whole"),
        ("size = 0", "audit_anchor_has_entries"),
    ):
        with (
            pytest.raises(IntegrityError, match=name),
            transaction.atomic(using="owner"),
            connections["owner"].cursor() as cursor,
        ):
            cursor.execute(f"update audit_anchor set {change}")


def test_one_organization_sees_nothing_of_anothers_anchors(
    halden: Tenant, brightwater: Tenant, seal: Sealing
) -> None:
    halden.record()
    seal()
    services.anchor(actor=ANCHORS, at=AT)

    assert _anchors(brightwater) == []
