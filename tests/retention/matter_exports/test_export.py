"""A matter is exported for one person: whole, sealed, signed, and for some days."""

import io
import json
import subprocess
import tarfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.conf import settings as live
from django.db import IntegrityError, connections, transaction

from kit import blobs, clock, signing, vault
from kit.content_kinds import simple as simple_kinds
from kit.formatting import absolute
from kit.permissions import PermissionDenied
from kit.sealed_streams import plain_size, seal_stream, sealed_size
from retention.holds import coverage
from retention.holds import services as holds
from retention.holds.models import Hold
from retention.holds.services import HoldIsReleased
from retention.matter_exports import opening, selectors, services
from retention.matter_exports.kinds import KEPT_DAYS
from retention.matter_exports.models import MatterExport, MatterExportPart, Outcome
from retention.matter_exports.services import writing
from retention.receipts import documents
from tests import cast
from tests.cast import NOON
from tests.retention import simple
from tests.retention.conftest import TITLE, Stage, days_ago, staged
from tests.workspaces.gpts import studio
from workspaces.content.models import File
from workspaces.jobs import services as jobs
from workspaces.jobs.models import Job, JobState
from workspaces.members.models import Membership
from workspaces.tenancy.models import Workspace

pytestmark = pytest.mark.django_db(transaction=True)
_SHEET = b"salary bands" * 10_000


@pytest.fixture(autouse=True)
def still(settings: Any, tmp_path: Path) -> Iterator[None]:
    settings.CUSTOS_BLOB_URL = f"file://{tmp_path}/blobs"
    with clock.fixed_at(NOON):
        yield


def hold_on(stage: Stage, *people: Any) -> Hold:
    return holds.place(
        actor=stage.officer.actor,
        workspace=stage.workspace,
        matter="Brennan v. Halden",
        membership_ids=[one.membership.pk for one in people],
        at=days_ago(1),
    )


def asked(stage: Stage, hold: Hold, **more: Any) -> MatterExport:
    given = {"actor": stage.officer.actor, "reason": "Disclosure", "at": NOON, **more}
    return services.ask(workspace=stage.workspace, hold=hold, **given)


def exported(stage: Stage, hold: Hold) -> MatterExport:
    export = asked(stage, hold)
    jobs.run_due(clock=lambda: NOON)
    return again(stage, export)


def again(stage: Stage, export: MatterExport) -> MatterExport:
    with stage.scope():
        return MatterExport.objects.select_related("hold").get(pk=export.pk)


def job_of(stage: Stage, export: MatterExport) -> Job:
    with stage.scope():
        return Job.objects.get(public_id=export.job_id)


def parts(stage: Stage, export: MatterExport) -> list[MatterExportPart]:
    with stage.scope():
        return selectors.parts_of(export=export)


def with_bytes(stage: Stage, row: Any) -> None:
    """Gives the file of a conversation its bytes."""
    key = vault.read_keys([row.key_id])[row.key_id]
    with stage.scope():
        file = File.objects.get(conversation=row)
        seals = opening.content._seals(row, key, stage.workspace.public_id)
        blobs.store().put(
            file.blob_id,
            seal_stream([_SHEET], key=key, aad=seals.blob(file.public_id)),
        )
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "update workspaces_file set byte_count = %s where id = %s",
            [len(_SHEET), file.pk],
        )


def fetched(stage: Stage, export: MatterExport) -> bytes:
    found = services.fetch(
        actor=stage.officer.actor, workspace=stage.workspace, export=export, at=NOON
    )
    content = b"".join(found.pieces)
    assert len(content) == found.size
    return content


def unpacked(stage: Stage, export: MatterExport, folder: Path) -> Path:
    with tarfile.open(fileobj=io.BytesIO(fetched(stage, export))) as archive:
        archive.extractall(folder, filter="data")
    return folder / f"custos-export-{export.public_id}"


def test_it_holds_everything_that_the_matter_covers(
    stage: Stage, tmp_path: Path
) -> None:
    row = stage.conversation(age=3)
    with_bytes(stage, row)
    deleted = stage.conversation(age=3, deleted_at=days_ago(2), deleted_by="owner")
    stage.conversation(stage.other, age=3)
    project, memory = simple.project(stage), simple.memory(stage)
    file, gpt = simple.file(stage, project), studio.make(stage.member)
    known = simple.gpt_file(stage, gpt, stage.other)

    root = unpacked(stage, exported(stage, hold_on(stage, stage.member)), tmp_path)

    found = {str(one.relative_to(root)) for one in root.rglob("*.json")}
    assert found == {
        f"conversations/{row.public_id}.json",
        f"conversations/{deleted.public_id}.json",
        f"memories/{memory.public_id}.json",
        f"projects/{project.public_id}.json",
        f"project_files/{file.public_id}.json",
        f"gpts/{gpt.public_id}.json",
        f"gpt_files/{known.public_id}.json",
        "manifest.json",
    }
    described = json.loads((root / f"conversations/{row.public_id}.json").read_text())
    assert described["title"] == TITLE
    assert described["messages"][0]["node"] == {"text": "hello"}
    assert (root / described["files"][0]["path"]).read_bytes() == _SHEET
    told = json.loads((root / f"memories/{memory.public_id}.json").read_text())
    assert told["text"] == "Lives in Malmö"
    named = json.loads((root / f"gpt_files/{known.public_id}.json").read_text())
    assert (named["name"], named["gpt"]) == ("rates.csv", str(gpt.public_id))


def test_every_kind_that_holds_cover_can_be_opened() -> None:
    assert opening.kinds() == {of.name for of in coverage.kinds()}
    assert len(opening.kinds()) == len(simple_kinds()) + 1


def test_its_manifest_covers_every_file_and_is_signed(
    stage: Stage, tmp_path: Path
) -> None:
    with_bytes(stage, stage.conversation(age=3))
    root = unpacked(stage, exported(stage, hold_on(stage, stage.member)), tmp_path)

    for sums in (*sorted(root.glob("manifest/*.sha256")), root / "manifest.sha256"):
        subprocess.run(
            ["sha256sum", "--quiet", "--strict", "-c", str(sums)], cwd=root, check=True
        )

    key = signing.load(Path(live.CUSTOS_LOG_KEY_FILE)).named(documents.KEY_NAME).vkey
    signed = documents.verified((root / "manifest.json").read_bytes(), vkey=key)
    assert signed["objects"] == {"conversations": 1}
    listed = (root / "manifest.sha256").read_bytes()
    assert signed["manifest"]["sha256"] == documents.sha256(listed).hexdigest()


def test_it_lies_sealed_at_rest(stage: Stage, tmp_path: Path) -> None:
    with_bytes(stage, stage.conversation(age=3))
    export = exported(stage, hold_on(stage, stage.member))

    for part in parts(stage, export):
        stored = b"".join(blobs.store().open(part.blob_id))
        assert TITLE.encode() not in stored
        assert b"custos-export" not in stored


def test_each_step_is_recorded_with_counts(stage: Stage, entries) -> None:
    stage.conversation(age=3)
    export = exported(stage, hold_on(stage, stage.member))
    fetched(stage, export)

    counts = {
        act: entries(stage, f"retention.matter-export.{act}")[0]["counts"]
        for act in ("requested", "written", "completed", "downloaded")
    }
    assert counts["requested"]["objects"] == counts["written"]["objects"] == 1
    assert counts["completed"]["objects"] == 1
    assert counts["downloaded"]["bytes"] == export.byte_count


def test_a_worker_that_dies_is_followed_by_one_that_goes_on(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, entries
) -> None:
    monkeypatch.setattr(writing, "AT_ONCE", 1)
    for _n in range(3):
        stage.conversation(age=3)
    export = asked(stage, hold_on(stage, stage.member))
    stores = blobs.store()
    put, calls = stores.put, iter([False, True, False, False, False])

    class Killed(BaseException):
        """Nothing of the worker runs on after it, as with kill -9."""

    def dying(blob: UUID, pieces: Any) -> int:
        if next(calls):
            raise Killed
        return put(blob, pieces)

    monkeypatch.setattr(type(stores), "put", lambda _self, b, p: dying(b, p))
    with pytest.raises(Killed):
        jobs.run_due(clock=lambda: NOON)
    with stage.scope():
        Job.objects.update(leased_until=days_ago(1))
    jobs.run_due(clock=lambda: NOON)

    export = again(stage, export)
    assert export.outcome == Outcome.DONE
    assert [one.number for one in parts(stage, export)] == [1, 2, 3, 4]
    assert len(entries(stage, "retention.matter-export.written")) == 3
    root = unpacked(stage, export, tmp_path)
    assert len(list(root.glob("conversations/*.json"))) == 3


def test_on_team_nobody_exports(team: Stage) -> None:
    team.conversation(age=3)
    hold = hold_on(team, team.member)

    for person in (team.owner, team.officer):
        with pytest.raises(PermissionDenied):
            asked(team, hold, actor=person.actor)
        url = f"/w/{team.workspace.slug}/holds/{hold.public_id}/exports/"
        assert person.client().get(url).status_code == 403
    with team.scope():
        assert not MatterExport.objects.exists()


def test_what_was_written_under_team_stays_with_its_member(
    stage: Stage, tmp_path: Path
) -> None:
    stage.conversation(age=3)
    with connections["owner"].cursor() as cursor:
        cursor.execute("update workspaces_conversation set plan_written = 'team'")
    mine = stage.conversation(age=3)
    hold = hold_on(stage, stage.member)
    with stage.scope():
        (share,) = selectors.preview(hold=hold)

    root = unpacked(stage, exported(stage, hold), tmp_path)

    assert (share.objects, share.withheld) == (1, 1)
    assert [one.stem for one in root.glob("conversations/*.json")] == [
        str(mine.public_id)
    ]


@pytest.mark.parametrize("change", ["deactivated", "plan", "released"])
def test_what_changes_meanwhile_stops_it(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, change: str, entries
) -> None:
    monkeypatch.setattr(writing, "AT_ONCE", 1)
    for _n in range(3):
        stage.conversation(age=3)
    hold = hold_on(stage, stage.member)
    export = asked(stage, hold)
    told = iter(range(100))

    def changing(**_: Any) -> None:
        if next(told) == 2:
            _change(stage, hold, change)

    monkeypatch.setattr("workspaces.jobs.services.leasing.keep", changing)
    jobs.run_due(clock=lambda: NOON)

    export = again(stage, export)
    assert export.outcome == Outcome.STOPPED
    assert export.deleted_at == NOON
    assert job_of(stage, export).state == JobState.FAILED
    assert len(entries(stage, "retention.matter-export.stopped")) == 1
    assert "Something went wrong" not in job_of(stage, export).message


def _change(stage: Stage, hold: Hold, change: str) -> None:
    if change == "released":
        holds.release(
            actor=cast.OPERATOR,
            workspace=stage.workspace,
            hold=hold,
            reason="settled",
            override=True,
            at=NOON,
        )
        return
    with stage.scope():
        if change == "deactivated":
            officer = Membership.objects.filter(pk=stage.officer.membership.pk)
            officer.update(status="suspended")
        else:
            Workspace.objects.filter(pk=stage.workspace.id).update(plan="team")


def test_only_whoever_asked_downloads_it(stage: Stage) -> None:
    stage.conversation(age=3)
    export = exported(stage, hold_on(stage, stage.member))

    with pytest.raises(selectors.UnknownExport):
        services.fetch(
            actor=stage.owner.actor, workspace=stage.workspace, export=export, at=NOON
        )


def test_it_expires_and_goes_with_its_key_and_bytes(stage: Stage, entries) -> None:
    stage.conversation(age=3)
    export = exported(stage, hold_on(stage, stage.member))
    blobs_of = [part.blob_id for part in parts(stage, export)]
    later = NOON + timedelta(days=8)

    with pytest.raises(selectors.UnknownExport):
        services.fetch(
            actor=stage.officer.actor,
            workspace=stage.workspace,
            export=export,
            at=later,
        )
    stage.sweep(at=later)

    with stage.scope():
        assert not MatterExport.objects.exists()
    assert vault.read_keys([export.key_id]) == {}
    assert not any(blobs.store().exists(one) for one in blobs_of)
    assert len(entries(stage, "retention.matter-export.purged")) == 1


@pytest.mark.parametrize("days", [None, 2], ids=["by default", "by a policy"])
def test_the_page_says_until_when_it_is_there_and_the_sweep_agrees(
    stage: Stage, days: int | None
) -> None:
    """To the microsecond: it can be fetched until then, and is purged from then on."""
    if days is not None:
        stage.set_policy(days, content_kind="matter_exports")
    hold = hold_on(stage, stage.member)
    stage.conversation(age=3)
    export = exported(stage, hold)
    url = f"/w/{stage.workspace.slug}/holds/{hold.public_id}/exports/"
    until = export.created_at + timedelta(days=days or KEPT_DAYS)
    before = until - timedelta(microseconds=1)

    page = stage.officer.client().get(f"{url}{export.public_id}/").content.decode()
    stage.sweep(at=before)

    assert absolute(until) in page
    assert again(stage, export).deleted_at is None
    services.fetch(
        actor=stage.officer.actor, workspace=stage.workspace, export=export, at=before
    )
    stage.sweep(at=until)
    with stage.scope():
        assert not MatterExport.objects.exists()


def test_one_that_was_deleted_cannot_be_fetched(stage: Stage) -> None:
    stage.conversation(age=3)
    export = exported(stage, hold_on(stage, stage.member))

    services.delete(
        actor=stage.officer.actor, workspace=stage.workspace, export=export, at=NOON
    )

    with pytest.raises(selectors.UnknownExport):
        fetched(stage, export)


def test_a_reason_is_needed_and_a_hold_in_force(stage: Stage) -> None:
    hold = hold_on(stage, stage.member)

    with pytest.raises(services.ReasonIsMissing):
        asked(stage, hold, reason=" ")
    _change(stage, hold, "released")
    with stage.scope():
        hold.refresh_from_db()
    with pytest.raises(HoldIsReleased):
        asked(stage, hold)


def test_the_page_shows_the_preview_and_asks(stage: Stage, monkeypatch) -> None:
    monkeypatch.setattr("workspaces.jobs.tasks.ring", lambda: None)
    stage.conversation(age=3)
    hold = hold_on(stage, stage.member)
    url = f"/w/{stage.workspace.slug}/holds/{hold.public_id}/exports/"
    browser = stage.officer.client()

    page = browser.get(url).content.decode()
    refused = browser.post(url, {"reason": ""})
    made = browser.post(url, {"reason": "Disclosure"}, follow=True)

    assert "An export made now would hold 1 object" in page
    assert refused.status_code == 422
    assert "Being written" in made.content.decode()
    jobs.run_due(clock=lambda: NOON)
    ready = browser.get(made.redirect_chain[-1][0])
    assert "Download the archive" in ready.content.decode()
    sent = browser.post(f"{made.redirect_chain[-1][0]}download/")
    assert sent["Content-Type"] == "application/x-tar"
    assert len(b"".join(sent.streaming_content)) == int(sent["Content-Length"])
    assert (
        "Deleted"
        in browser.post(
            f"{made.redirect_chain[-1][0]}delete/", follow=True
        ).content.decode()
    )


def test_another_workspace_finds_nothing(stage: Stage) -> None:
    hold = hold_on(stage, stage.member)
    stranger = staged(cast.elsewhere())

    url = f"/w/{stranger.workspace.slug}/holds/{hold.public_id}/exports/"

    assert stranger.owner.client().get(url).status_code == 404


@pytest.mark.parametrize(
    ("columns", "name"),
    [
        ({"owner_id": 1}, "matterexport_is_nobodys"),
        ({"plan_written": "gold"}, "matterexport_plan_known"),
        ({"outcome": "done"}, "matterexport_ended_with_outcome"),
        ({"outcome": "lost", "ended_at": NOON}, "matterexport_ended_with_outcome"),
        ({"deleted_at": NOON}, "matterexport_deleted_who_and_when"),
        ({"hold_id": 10**9}, "retention_matterexport_workspace_id_hold_id_fk"),
    ],
)
def test_constraints_hold(stage: Stage, columns: dict[str, Any], name: str) -> None:
    hold = hold_on(stage, stage.member)
    given = {
        "workspace_id": stage.workspace.id,
        "hold_id": hold.pk,
        "plan_written": "enterprise",
        "key_id": uuid4(),
        "key_made_at": NOON,
        "sealed": b"x",
        "requested_by": "x",
        "expected_n": 0,
        "created_at": NOON,
    }
    vault_key = vault.make_keys(parent=_workspace_key(stage))[0]
    given |= {"key_id": vault_key.id, "key_made_at": vault_key.made_at}

    with pytest.raises(IntegrityError, match=name), stage.scope(), transaction.atomic():
        MatterExport.objects.create(**{**given, **columns})


def _workspace_key(stage: Stage) -> UUID:
    with stage.scope():
        return Workspace.objects.get(pk=stage.workspace.id).key_id


@pytest.mark.parametrize("size", [0, 1, 65_536, 65_537, 200_000])
def test_the_size_of_a_sealed_stream_tells_the_plain_one(size: int) -> None:
    assert plain_size(sealed_size(size)) == size


def test_a_shorter_time_for_exports_is_previewed_by_exports(stage: Stage) -> None:
    stage.conversation(age=300)
    exported(stage, hold_on(stage, stage.member))
    later = NOON + timedelta(days=3)

    with clock.fixed_at(later):
        page = stage.owner.client().get(
            f"/w/{stage.workspace.slug}/policies/",
            {"kind": "matter_exports", "days": "2", "undo_days": "0"},
        )

    assert page.status_code == 200
    assert page.context["preview"].conversations == 1
