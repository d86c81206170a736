"""The prober finds a copy planted in any place, and strays go a day after."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import redis
from django.apps import apps
from django.conf import settings as site
from django.db import connections

from kit import blobs, content_kinds, vault
from retention.canaries import services as canaries
from retention.holds import services as holds
from retention.incidents import selectors as incidents
from retention.matter_exports import services as matter_exports
from retention.matter_exports.models import MatterExport, MatterExportPart
from retention.probing import services, stores
from retention.probing.models import BlobSighting
from retention.probing.services import probing
from retention.probing.stores import Purged
from retention.sweeps import kinds
from retention.sweeps import services as sweeps
from retention.sweeps.models import Doom, Sweep
from tests.cast import NOON
from tests.retention import simple
from tests.retention.conftest import Stage, days_ago
from tests.retention.sweeps import test_gpts
from tests.workspaces.gpts import studio
from workspaces.gpts.models import GptReview
from workspaces.jobs import services as jobs

PLACES = {store.name for store in stores.stores()}


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> None:
    settings.CUSTOS_BLOB_URL = f"file://{tmp_path}/blobs"


def found_in(stage: Stage, purged: Purged) -> set[str]:
    with stage.scope():
        return {store.name for store in stores.stores() if store.look(purged)}


def lasting(stage: Stage) -> set[str]:
    with stage.scope():
        return {one.subject for one in incidents.lasting()}


def as_purged(kind: str, row: Any) -> Purged:
    """What tombstones would tell of a row that is still there."""
    return Purged(
        public_ids={kind: {row.public_id}}, internal_ids={kind: {row.pk}}, keys=set()
    )


def plant_conversation(stage: Stage) -> Purged:
    return as_purged("conversations", stage.conversation(age=1))


def plant_project(stage: Stage) -> Purged:
    return as_purged("projects", simple.project(stage))


def plant_project_file(stage: Stage) -> Purged:
    return as_purged(
        "project_files", simple.file(stage, simple.project(stage), stage.other)
    )


def plant_canary(stage: Stage) -> Purged:
    canaries.plant(at=NOON)
    with stage.scope():
        return as_purged("canaries", apps.get_model("retention.Canary").objects.get())


def plant_gpt(stage: Stage) -> Purged:
    """A GPT with a version, a file and a review."""
    gpt = test_gpts.make(stage)
    with stage.scope():
        GptReview.objects.create(
            workspace_id=stage.workspace.id,
            gpt_id=gpt.pk,
            number=1,
            wanted="gpt_store",
            requester_id=gpt.owner_id,
            requested_at=NOON,
        )
    return as_purged("gpts", gpt)


def ask_for_export(stage: Stage, *, at: datetime) -> MatterExport:
    hold = holds.place(
        actor=stage.officer.actor,
        workspace=stage.workspace,
        matter="Brennan v. Halden",
        membership_ids=[stage.other.membership.pk],
        at=at,
    )
    return matter_exports.ask(
        actor=stage.officer.actor,
        workspace=stage.workspace,
        hold=hold,
        reason="Disclosure",
        at=at,
    )


def plant_export(stage: Stage) -> Purged:
    """An export of a matter, with a part of its archive."""
    export = ask_for_export(stage, at=NOON)
    with stage.scope():
        MatterExportPart.objects.create(
            workspace_id=stage.workspace.id,
            export_id=export.pk,
            number=1,
            last_id=0,
            objects_n=0,
            files_n=0,
            withheld_n=0,
            unreadable_n=0,
            byte_count=0,
            digest="0" * 64,
            blob_id=uuid4(),
        )
    return as_purged("matter_exports", export)


def plant_key(stage: Stage) -> Purged:
    return Purged(keys={vault.make_keys(parent=None)[0].id})


def plant_blob(stage: Stage) -> Purged:
    blob = uuid4()
    blobs.store().put(blob, [b"sealed"])
    return Purged(blobs={blob})


def plant_in_redis(stage: Stage) -> Purged:
    left = uuid4()
    with redis.Redis.from_url(site.CELERY_BROKER_URL) as client:
        client.hset("some-cache", mapping={"title-of": left.hex})
    return Purged(public_ids={"conversations": {left}})


def plant_in_jobs(stage: Stage) -> Purged:
    left = uuid4()
    jobs.enqueue(
        actor=stage.owner.actor,
        kind="count",
        title="Count",
        organization=stage.workspace.organization,
        workspace=stage.workspace,
        arguments={"conversation": str(left)},
        at=NOON,
    )
    return Purged(public_ids={"conversations": {left}})


PLANTED: dict[str, Callable[[Stage], Purged]] = {
    "table of conversations": plant_conversation,
    "table of messages": plant_conversation,
    "table of files": plant_conversation,
    "table of memories": lambda stage: as_purged("memories", simple.memory(stage)),
    "table of projects": plant_project,
    "table of project_files": plant_project_file,
    "table of canaries": plant_canary,
    **{
        f"table of {name}": plant_gpt
        for name in ("gpts", "gpt_versions", "gpt_reviews")
    },
    "table of gpt_files": lambda stage: as_purged(
        "gpt_files", simple.gpt_file(stage, studio.make(stage.member))
    ),
    "table of matter_exports": plant_export,
    "table of matter_export_parts": plant_export,
    "vault": plant_key,
    "blob store": plant_blob,
    "cache and broker": plant_in_redis,
    "jobs and exports": plant_in_jobs,
}


def test_every_place_has_a_planted_copy() -> None:
    """A new kind or store fails here until a test plants something in it."""
    assert set(PLANTED) == PLACES


@pytest.mark.parametrize("place", PLANTED)
def test_a_copy_in_any_place_is_found(
    stage: Stage, valkey: redis.Redis, place: str
) -> None:
    purged = PLANTED[place](stage)

    assert place in found_in(stage, purged)


def test_where_nothing_is_left_nothing_is_found(
    stage: Stage, valkey: redis.Redis
) -> None:
    gone = Purged(
        public_ids={kind.name: {uuid4()} for kind in content_kinds.registered()},
        internal_ids={kind.name: {2**40} for kind in content_kinds.registered()},
        keys={uuid4()},
        blobs={uuid4()},
    )

    assert found_in(stage, gone) == set()


def test_after_a_sweep_the_prober_finds_nothing_and_says_so(
    stage: Stage, valkey: redis.Redis
) -> None:
    stage.set_policy(90)
    stage.conversation(age=100)
    simple.memory(stage, **simple.gone(8))
    sweep = stage.sweep()

    assert services.probe_closed_sweeps(at=NOON) == 1

    with stage.scope():
        assert Sweep.objects.get(pk=sweep.pk).probed_at == NOON
    assert lasting(stage) == set()


def test_what_a_purge_left_is_an_incident_until_it_is_gone(
    stage: Stage, valkey: redis.Redis
) -> None:
    stage.set_policy(90)
    row = stage.conversation(age=100)
    stage.sweep()
    left = _blob_of(stage)
    blobs.store().put(left, [b"a copy that came back"])
    valkey.set("cached", f"title of {row.public_id}")

    services.probe_closed_sweeps(at=NOON)
    assert lasting(stage) == {"blob store", "cache and broker"}

    blobs.store().delete(left)
    valkey.delete("cached")
    services.probe_closed_sweeps(at=NOON + timedelta(minutes=1))
    assert lasting(stage) == set()


def test_the_job_that_wrote_an_export_is_no_copy_of_it(
    stage: Stage, valkey: redis.Redis
) -> None:
    stage.set_policy(90)
    export = ask_for_export(stage, at=days_ago(30))
    stage.sweep()

    services.probe_closed_sweeps(at=NOON)

    with stage.scope():
        assert Doom.objects.filter(content_id=export.public_id).exists()
    assert lasting(stage) == set()


def test_residue_is_found_page_by_page(
    stage: Stage, valkey: redis.Redis, monkeypatch
) -> None:
    monkeypatch.setattr(probing, "PAGE", 2)
    stage.set_policy(90)
    last = [stage.conversation(age=100) for _n in range(4)][-1]
    sweep = stage.sweep()
    valkey.set("cached", str(last.public_id))

    left = probing.residue(sweep_id=sweep.pk, workspace=stage.workspace)

    # Once for its key and once for its file: both tombstones name the conversation.
    assert set(left) == {"cache and broker"}


def _blob_of(stage: Stage) -> UUID:
    with stage.scope():
        return Doom.objects.get(kind="blob").object_id


def age_sightings() -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "update retention_blobsighting set seen_at = seen_at - interval '25 hours'"
        )


def look() -> int:
    return sum(services.doom_strays(part=part, at=NOON) for part in range(256))


def test_a_blob_that_nobody_names_goes_a_day_after_it_was_seen(stage: Stage) -> None:
    stray = uuid4()
    blobs.store().put(stray, [b"sealed"])

    assert look() == 0
    assert look() == 0
    age_sightings()
    assert look() == 1
    sweeps.destroy_doomed(at=NOON)

    assert not blobs.store().exists(stray)
    assert not BlobSighting.objects.using("sweeper").exists()


def test_a_blob_whose_row_comes_in_time_stays(stage: Stage) -> None:
    project = simple.project(stage)
    blob = uuid4()
    blobs.store().put(blob, [b"sealed"])
    look()
    simple.file(stage, project, stage.member, blob_id=blob)
    age_sightings()

    assert look() == 0

    sweeps.destroy_doomed(at=NOON)
    assert blobs.store().exists(blob)


def test_a_doomed_blob_that_is_named_is_never_destroyed(stage: Stage) -> None:
    blob = uuid4()
    blobs.store().put(blob, [b"sealed"])
    simple.file(stage, simple.project(stage), stage.member, blob_id=blob)
    sweeps.doom_blobs([blob], at=NOON)

    sweeps.destroy_doomed(at=NOON)

    assert blobs.store().exists(blob)


def test_every_column_that_names_a_blob_is_a_referrer() -> None:
    named = {
        (model._meta.db_table, field.attname)
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if "blob" in field.attname and model is not BlobSighting
    }

    assert named == set(kinds.blob_columns())
