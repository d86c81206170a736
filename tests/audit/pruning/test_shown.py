"""Pages, tiles, streams and exports say from where on entries are there, and why."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zipfile import ZipFile

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client

from audit import recording
from audit.log import sequencer, tiles
from audit.log.selectors import log_of
from audit.pruning import rules, selectors, services
from audit.recording import Target
from audit.streams import adapters
from audit.streams import services as streams
from audit.streams.kinds import Format, Kind
from audit.streams.selectors import NoSuchEntry, move_to
from audit.streams.services import Asked, Start
from kit import clock, scoping
from tests import cast
from tests.audit.conftest import AT
from tests.audit.verification.test_verifier import changed, told
from workspaces.keys.services import api_keys
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = pytest.mark.django_db(transaction=True)

LIST = "/o/halden-instruments/audit/"
INTEGRITY = f"{LIST}integrity/"
PAGE = f"{INTEGRITY}log/"
LATER = AT + timedelta(days=800)
SAYS = "Pruned below index 512 of epoch 1"


@pytest.fixture
def where(checkpoint_folder: Path) -> Iterator[WorkspaceRef]:
    """A workspace whose log is 520 entries long and over two years old."""
    cache.clear()
    made = cast.workspace()
    _record(made, 520)
    with clock.fixed_at(LATER):
        yield made


@pytest.fixture
def mara(where: WorkspaceRef) -> Client:
    return cast.owner(where).client()


def _record(where: WorkspaceRef, count: int) -> None:
    organization, actor = where.organization, cast.owner(where).actor
    with scoping.organization(organization_id=organization.id):
        for _ in range(count):
            recording.record(
                actor=actor,
                action="retention.policy.set",
                target=Target(kind="policy", id=UUID(int=9)),
                organization_id=organization.id,
                at=AT,
            )
    sequencer.seal(at=AT)


def _set(where: WorkspaceRef, days: int | None) -> None:
    one = where.organization.id
    with scoping.organization(organization_id=one):
        log = log_of(organization_id=one)
        services.set_days(
            actor=cast.owner(where).actor, log=log, days=days, at=LATER - rules.GRACE
        )


def _prune(where: WorkspaceRef) -> None:
    _set(where, 730)
    services.work_due(at=LATER)
    sequencer.seal(at=LATER)
    services.work_due(at=LATER + rules.WAIT)
    sequencer.seal(at=LATER + rules.WAIT)


def _tiles(where: WorkspaceRef) -> Callable[..., Any]:
    secret = api_keys.issue(
        organization=where.organization,
        actor=cast.OPERATOR,
        workspace=None,
        name="Auditor",
        scopes=["audit.read"],
        at=LATER,
    ).secret
    headers = {"Authorization": f"Bearer {secret}"}
    return lambda path: Client().get(f"/v1/audit/log/1/{path}", headers=headers)


def test_what_is_pruned_answers_with_a_sentence_and_proofs_go_on(
    where: WorkspaceRef, mara: Client
) -> None:
    get = _tiles(where)
    mara.get(INTEGRITY)
    _prune(where)

    gone = get("tile/entries/001")
    assert gone.status_code == 410
    assert SAYS in gone.content.decode()
    assert len(get("tile/0/001").content) == 256 * 32
    assert len(list(tiles.unbundled(get("tile/entries/002.p/4").content))) == 4
    assert get("consistency?old=100").status_code == 200
    assert get("checkpoint").status_code == 200
    for page in (f"{LIST}1/7/", f"{LIST}1/7/proof/"):
        answer = mara.get(page)
        assert answer.status_code == 410
        assert SAYS in answer.content.decode()
    assert mara.get(f"{LIST}1/513/").status_code == 200
    assert mara.get(f"{LIST}1/513/proof/").status_code == 200
    page = mara.get(INTEGRITY).content.decode()
    assert SAYS in page
    assert "this browser saw last is part of this log" in page
    mara.post(f"{LIST}verify/")
    assert (
        "of the first 512 only the hashes are kept" in mara.get(LIST).content.decode()
    )


def test_streams_keep_what_they_did_not_send_and_begin_where_entries_do(
    where: WorkspaceRef,
) -> None:
    one, actor = where.organization.id, cast.owner(where).actor
    _prune(where)
    with scoping.organization(organization_id=one):
        made = streams.create(
            actor=actor,
            log=log_of(organization_id=one),
            workspace=None,
            kind=Kind.WEBHOOK,
            asked=Asked(
                name="SIEM",
                query="",
                format=Format.NATIVE,
                settings={"url": "https://siem.example/", "mode": "batch"},
            ),
            start_at=Start.BEGINNING,
            at=AT,
        ).stream

        assert made.cursor == (1, 511)
        with pytest.raises(NoSuchEntry, match=f"{SAYS}.*Choose one from there on"):
            move_to(stream=made, first=(1, 511))
        assert move_to(stream=made, first=(1, 512)).again == 0
        assert adapters.first_unsent(one) is None
        streams.start(actor=actor, stream=made, at=AT)
    assert adapters.first_unsent(one) == (1, 512)


def test_the_time_is_previewed_set_and_recorded(
    where: WorkspaceRef, mara: Client
) -> None:
    assert "Entries are kept for ever." in mara.get(INTEGRITY).content.decode()

    asked = mara.get(PAGE, {"days": "730"}).content.decode()

    assert "Keep entries: 2 years instead of for ever" in asked
    assert "512 entries, made from" in asked
    assert "Wed 7 Feb 2029" in asked
    assert mara.get(PAGE).status_code == 200
    answer = mara.post(f"{PAGE}?days=730")
    assert (answer.status_code, answer["Location"]) == (302, INTEGRITY)
    assert "Entries are kept for 2 years." in mara.get(INTEGRITY).content.decode()
    assert "stay gone" in mara.get(PAGE, {"days": "ever"}).content.decode()
    for days in ("100", "many", ""):
        assert mara.get(PAGE, {"days": days}).status_code == 422
        assert mara.post(f"{PAGE}?days={days}").status_code == 422
    member, stranger = cast.member(where), cast.owner(cast.elsewhere())
    assert member.client().post(f"{PAGE}?days=365").status_code in {403, 404}
    assert stranger.client().post(f"{PAGE}?days=365").status_code == 404
    with scoping.organization(organization_id=where.organization.id):
        assert selectors.days() == 730


def test_fewer_days_of_details_say_which_entries_go_with_them(
    where: WorkspaceRef, mara: Client
) -> None:
    mara.post(f"{INTEGRITY}details/?days=1000")
    mara.post(f"{PAGE}?days=730")

    asked = mara.get(f"{INTEGRITY}details/", {"days": "900"}).content.decode()
    fewer = mara.get(f"{INTEGRITY}details/", {"days": "90"}).content.decode()

    assert "Entries go earlier too" in asked
    assert "No entry is that old yet" in asked
    assert "512 entries, made from" in fewer
    assert "Wed 7 Feb 2029" in fewer


def test_an_export_begins_there_and_verifies_with_nothing_but_itself(
    where: WorkspaceRef, tmp_path: Path
) -> None:
    _prune(where)
    export = tmp_path / "log.zip"
    call_command(
        "export_audit", "--organization=halden-instruments", f"--out={export}", "--json"
    )

    said = told(export, code=3)
    assert said["pruned_below"] == {"epoch": 1, "index": 512}
    assert said["entries"] == said["sizes"]["1"] - 512

    def without(name: str) -> Callable[[dict[str, bytes]], None]:
        return lambda members: members.pop(name) and None

    unsaid = told(changed(export, without("pruned.json")), code=1)
    assert (unsaid["first_bad_index"], unsaid["says"]) == (
        0,
        "1/tile/entries/000 is missing",
    )
    rest = next(n for n in _names(export) if n.startswith("1/tile/entries/002"))
    assert told(changed(export, without(rest)), code=1)["verified"] is False

    def elsewhere(members: dict[str, bytes]) -> None:
        members["pruned.json"] = json.dumps(
            {"entry": {"epoch": 1, "index": 515}}
        ).encode()

    forged = told(changed(export, elsewhere), code=1)
    assert forged["verified"] is False

    def other_hash(members: dict[str, bytes]) -> None:
        members["1/tile/0/000"] = b"x" * 32 + members["1/tile/0/000"][32:]

    assert told(changed(export, other_hash), code=1)["verified"] is False


def _names(export: Path) -> list[str]:
    with ZipFile(export) as archive:
        return archive.namelist()
