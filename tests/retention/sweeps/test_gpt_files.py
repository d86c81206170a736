"""Files of GPTs go by their age: hidden, explained, held, purged; the GPT stays."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, connections, transaction

from kit import blobs, clock, vault
from kit.sealed_streams import seal_stream
from retention.certificates import selectors as certificates
from retention.conversations import object_reasons
from retention.deletions import services as deletions
from retention.holds import services as holds
from retention.policies import previews
from retention.sweeps.models import SweepCount
from tests.cast import NOON
from tests.retention.conftest import Stage, days_ago
from tests.workspaces.gpts.studio import draft
from workspaces.gpts import selectors, services
from workspaces.gpts.drafts import Upload
from workspaces.gpts.models import Gpt, GptFile
from workspaces.gpts.seals import Seals
from workspaces.gpts.services import keying

KIND = "gpt_files"
DATA = b"customer,rate\nTolle,0.7\n"


@pytest.fixture
def gpt(stage: Stage) -> Gpt:
    """One GPT with a file of sixty days, and another of ten that a colleague added."""
    made = services.create(
        actor=stage.member.actor,
        workspace=stage.workspace,
        draft=draft(),
        uploads=[Upload(name="old.csv", kind="text/csv", data=DATA)],
        at=days_ago(60),
    )
    with stage.scope():
        old = GptFile.objects.get()
    services.save_version(
        actor=stage.member.actor,
        workspace=stage.workspace,
        gpt=made.public_id,
        draft=draft(),
        uploads=[Upload(name="new.csv", kind="text/csv", data=DATA)],
        keep_files=[old.public_id],
        at=days_ago(10),
    )
    return made


def files(stage: Stage) -> list[GptFile]:
    with stage.scope():
        return list(GptFile.objects.order_by("id"))


def page(stage: Stage, gpt: Gpt, **at: Any) -> Any:
    with clock.fixed_at(NOON):
        url = f"/w/{stage.workspace.slug}/gpts/{gpt.public_id}/"
        return stage.member.client().get(url)


def test_its_key_is_its_own_and_opens_it(stage: Stage, gpt: Gpt) -> None:
    old, new = files(stage)

    assert len({old.key_id, new.key_id, gpt.key_id}) == 3
    assert old.owner_id == stage.member.membership.pk
    with stage.scope():
        found = selectors.file_of(gpt=gpt, file=old.public_id, at=NOON)
    assert (found.name, found.content) == ("old.csv", DATA)


def test_a_sweep_takes_it_with_key_and_bytes_and_says_so(
    stage: Stage, gpt: Gpt, entries
) -> None:
    old, new = files(stage)
    stage.set_policy(30, content_kind=KIND)
    foretold = preview(stage)

    sweep = stage.sweep()

    assert [one.pk for one in files(stage)] == [new.pk]
    assert vault.read_keys([old.key_id or uuid4()]) == {}
    assert len(vault.read_keys([new.key_id or uuid4(), gpt.key_id])) == 2
    assert not blobs.store().exists(old.blob_id)
    (entry,) = entries(stage, "retention.gpt-file.purged")
    assert entry["target_id"] == str(old.public_id)
    with stage.scope():
        receipt = certificates.purged(
            workspace=stage.workspace, public_id=old.public_id
        )
    assert (receipt.keys.number, receipt.files.number) == (1, 1)
    assert receipt.sweep == sweep
    assert foretold.conversations == 1


def preview(stage: Stage) -> Any:
    with stage.scope():
        return previews.preview(
            workspace=stage.workspace,
            content_kind=KIND,
            days=29,
            override=True,
            at=NOON,
        )


def test_expired_it_is_hidden_and_a_longer_policy_brings_it_back(
    stage: Stage, gpt: Gpt
) -> None:
    old, new = files(stage)
    stage.set_policy(55, undo=28, content_kind=KIND)

    shown = page(stage, gpt).content.decode()

    assert "new.csv" in shown
    assert "old.csv" not in shown
    assert "1 file of this version is no longer here" in shown
    with stage.scope():
        why = object_reasons.explain(
            workspace=stage.workspace, public_id=old.public_id, kind=KIND, at=NOON
        ).why
    assert (why.state, why.is_due, why.kept_days) == ("expired", False, 55)
    assert why.expires_at == days_ago(5)
    stage.sweep()
    assert [one.pk for one in files(stage)] == [old.pk, new.pk]

    stage.set_policy(90, undo=28, content_kind=KIND)

    assert "old.csv" in page(stage, gpt).content.decode()


@pytest.mark.parametrize("name", ["member", "gpt"])
def test_a_hold_beats_the_policy(stage: Stage, gpt: Gpt, name: str) -> None:
    old, _new = files(stage)
    stage.set_policy(30, content_kind=KIND)
    names = {"member": stage.member.membership.pk, "gpt": gpt.pk}
    holds.place(
        actor=stage.officer.actor,
        workspace=stage.workspace,
        matter="Lindqvist v. Halden",
        at=days_ago(30),
        **{f"{name}_ids" if name == "gpt" else "membership_ids": [names[name]]},
    )

    sweep = stage.sweep()

    assert len(files(stage)) == 2
    assert sweep.purged_n == 0
    with (
        pytest.raises(IntegrityError, match="hold"),
        transaction.atomic(using="sweeper"),
        connections["sweeper"].cursor() as cursor,
    ):
        cursor.execute("delete from workspaces_gptfile where id = %s", [old.pk])


def test_its_owner_deletes_it_and_brings_it_back(
    stage: Stage, gpt: Gpt, entries
) -> None:
    old, _new = files(stage)
    asked = {
        "actor": stage.member.actor,
        "workspace": stage.workspace,
        "kind": KIND,
        "at": NOON,
    }
    deletions.delete_objects(**asked, public_ids=[old.public_id])
    assert "old.csv" not in page(stage, gpt).content.decode()

    deletions.restore_object(**asked, public_id=old.public_id)

    assert "old.csv" in page(stage, gpt).content.decode()
    assert len(entries(stage, "retention.gpt-file.deleted")) == 1
    assert len(entries(stage, "retention.gpt-file.restored")) == 1


def test_the_policy_page_says_what_a_gpt_loses(stage: Stage, gpt: Gpt) -> None:
    with clock.fixed_at(NOON):
        shown = (
            stage.owner.client()
            .get(f"/w/{stage.workspace.slug}/policies/?kind={KIND}&days=30&undo_days=7")
            .content.decode()
        )

    assert "A GPT no longer knows what was in its older files" in shown
    assert "after they were uploaded" in shown.lower()


def test_a_file_of_an_older_custos_gets_a_key_of_its_own(
    stage: Stage, gpt: Gpt
) -> None:
    file = files(stage)[0]
    blob = as_an_older_custos_stored_it(stage, gpt, file)
    opened = [opened_by(stage, gpt, file)]

    assert (keying.give_keys(), keying.give_keys()) == (1, 0)

    opened.append(opened_by(stage, gpt, file))
    assert opened == [("old.csv", DATA)] * 2
    kept = files(stage)[0]
    assert kept.blob_id != blob
    key = vault.read_keys([kept.key_id or uuid4()])[kept.key_id or uuid4()]
    named = Seals(key, gpt=gpt.public_id).open_file(kept.public_id, kept.sealed)
    assert named["name"] == "old.csv"


def test_a_sweep_that_comes_before_its_own_key_leaves_it_to_the_next(
    stage: Stage, gpt: Gpt
) -> None:
    old, new = files(stage)
    as_an_older_custos_stored_it(stage, gpt, old)
    stage.set_policy(5, content_kind=KIND)

    stage.sweep()

    assert [one.pk for one in files(stage)] == [old.pk]
    with stage.scope():
        (count,) = SweepCount.objects.filter(kind=KIND)
    assert (count.planned_n, count.purged_n, count.failed_n) == (2, 1, 1)

    keying.give_keys()
    own = files(stage)[0]
    stage.sweep()

    assert files(stage) == []
    assert vault.read_keys([own.key_id or uuid4(), new.key_id or uuid4()]) == {}


def as_an_older_custos_stored_it(stage: Stage, gpt: Gpt, file: GptFile) -> UUID:
    """Seals the file with its GPT's key alone; returns the blob of its bytes."""
    with stage.scope():
        held = selectors.seals_of(gpt)
    blob = uuid4()
    blobs.store().put(
        blob, seal_stream([DATA], key=held.key, aad=held.blob(file.public_id))
    )
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "update workspaces_gptfile set key_id = null, key_made_at = null,"
            " blob_id = %s, sealed = %s where id = %s",
            [
                blob,
                held.file(file.public_id, {"name": "old.csv", "type": "text/csv"}),
                file.pk,
            ],
        )
    return blob


def opened_by(stage: Stage, gpt: Gpt, file: GptFile) -> tuple[str, bytes]:
    with stage.scope():
        found = selectors.file_of(gpt=gpt, file=file.public_id, at=NOON)
    return found.name, found.content


@pytest.mark.parametrize(
    ("constraint", "columns"),
    [
        ("gptfile_key_and_when", "key_id = null"),
        ("gptfile_deleted_who_and_when", "deleted_at = now()"),
        ("gptfile_plan_known", "plan_written = 'moon'"),
        ("workspaces_gptfile_workspace_id_owner_id_fk", "owner_id = 0"),
    ],
)
def test_the_database_refuses_what_makes_no_sense(
    stage: Stage, gpt: Gpt, constraint: str, columns: str
) -> None:
    with (
        pytest.raises(IntegrityError, match=constraint),
        transaction.atomic(using="owner"),
        connections["owner"].cursor() as cursor,
    ):
        cursor.execute(f"update workspaces_gptfile set {columns}")
