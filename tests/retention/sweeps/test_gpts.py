"""GPTs go through the doors of retention: deleted, restored, held and purged whole."""

import pytest
from django.db import IntegrityError, connections

from kit import blobs, vault
from retention.deletions import services as deletions
from retention.holds import services as holds
from retention.sweeps.services import orphans
from tests.cast import NOON, Person
from tests.retention.conftest import Stage, days_ago
from tests.workspaces.gpts.studio import draft
from workspaces.gpts import services
from workspaces.gpts.drafts import Upload
from workspaces.gpts.models import Gpt, GptFile, GptReview, GptShare, GptVersion
from workspaces.gpts.rules import Rights

PARTS = (GptVersion, GptFile, GptShare, GptReview)


def make(stage: Stage, *, editor: Person | None = None) -> Gpt:
    """A GPT with a file, shared with a colleague, perhaps edited by them."""
    owner, where = stage.member, stage.workspace
    gpt = services.create(
        actor=owner.actor,
        workspace=where,
        draft=draft(),
        uploads=[Upload(name="rates.csv", kind="text/csv", data=b"1,2")],
        at=days_ago(60),
    )
    services.give(
        actor=owner.actor,
        workspace=where,
        gpt=gpt.public_id,
        rights=Rights.named("write"),
        email=stage.other.user.email,
        at=days_ago(59),
    )
    if editor is not None:
        services.save_version(
            actor=editor.actor,
            workspace=where,
            gpt=gpt.public_id,
            draft=draft(name="Newer"),
            at=days_ago(58),
        )
    return gpt


def delete(stage: Stage, gpt: Gpt, days: float) -> None:
    deletions.delete_objects(
        actor=stage.member.actor,
        workspace=stage.workspace,
        kind="gpts",
        public_ids=[gpt.public_id],
        at=days_ago(days),
    )


def counts(stage: Stage) -> list[int]:
    with stage.scope():
        return [model.objects.count() for model in (Gpt, *PARTS)]


def test_a_purge_takes_versions_files_and_shares_and_the_bytes(
    stage: Stage, entries
) -> None:
    gpt = make(stage)
    with stage.scope():
        blob = GptFile.objects.get().blob_id
    delete(stage, gpt, 8)

    stage.sweep()

    assert counts(stage) == [0, 0, 0, 0, 0]
    assert vault.read_keys([gpt.key_id]) == {}
    assert not blobs.store().exists(blob)
    (entry,) = entries(stage, "retention.gpt.purged")
    assert entry["target_id"] == str(gpt.public_id)


def test_a_deleted_gpt_is_nobodys_until_it_is_restored(stage: Stage) -> None:
    gpt = make(stage)
    url = f"/w/halden-engineering/gpts/{gpt.public_id}/"
    browser = stage.member.client()
    page = browser.get(url).content.decode()
    assert f"/me/stored/gpts/{gpt.public_id}/delete/" in page
    delete(stage, gpt, 1)
    assert browser.get(url).status_code == 404
    assert stage.other.client().get(url).status_code == 404

    deletions.restore_object(
        actor=stage.member.actor,
        workspace=stage.workspace,
        kind="gpts",
        public_id=gpt.public_id,
        at=NOON,
    )

    assert browser.get(url).status_code == 200


def test_a_hold_on_its_owner_keeps_it(stage: Stage) -> None:
    gpt = make(stage)
    hold(stage, stage.member)
    delete(stage, gpt, 8)

    stage.sweep()

    assert counts(stage)[0] == 1


def test_a_hold_on_who_wrote_a_version_keeps_the_whole(stage: Stage) -> None:
    gpt = make(stage, editor=stage.other)
    hold(stage, stage.other)
    delete(stage, gpt, 8)

    stage.sweep()

    assert counts(stage)[:3] == [1, 2, 1]


def test_a_held_gpt_is_not_deleted_by_whatever_deletes(stage: Stage) -> None:
    gpt = make(stage, editor=stage.other)
    hold(stage, stage.other)

    with (
        pytest.raises(IntegrityError, match="hold"),
        connections["sweeper"].cursor() as cursor,
    ):
        cursor.execute("delete from workspaces_gpt where id = %s", [gpt.pk])


def test_the_key_of_a_gpt_is_no_orphan(stage: Stage) -> None:
    gpt = make(stage)

    orphans.doom_orphans(at=NOON)

    assert gpt.key_id in vault.read_keys([gpt.key_id])


def hold(stage: Stage, person: Person) -> None:
    holds.place(
        actor=stage.officer.actor,
        workspace=stage.workspace,
        matter="m",
        membership_ids=[person.membership.pk],
        at=days_ago(30),
    )
