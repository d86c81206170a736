"""The overview tells of streams of the audit log that are late or met a gap."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from audit import recording
from audit.incidents import services as incidents
from audit.incidents.models import AuditIncident
from audit.log import sequencer
from audit.log.selectors import log_of
from audit.recording import Outcome, Target
from audit.streams import services
from audit.streams.kinds import Format, Kind
from audit.streams.models import AuditStream
from audit.streams.services import Asked, Start
from kit import clock, scoping
from tests import cast
from tests.audit.conftest import AT, MARA
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = pytest.mark.django_db(transaction=True)

PAGE = "/w/halden-engineering/"
LATE = AT + timedelta(minutes=60)
BEHIND = "The stream “Halden SIEM” is behind"
MISSING = "Entries are missing in the stream “Halden SIEM”"


@pytest.fixture
def where(settings: Any, tmp_path: Path) -> WorkspaceRef:
    settings.CUSTOS_CHECKPOINT_DIR = tmp_path / "checkpoints"
    return cast.workspace()


@pytest.fixture
def seal() -> Callable[[], int]:
    return lambda: sequencer.seal(at=AT)


def _stream(where: WorkspaceRef, *, whole: bool = False) -> AuditStream:
    with scoping.organization(organization_id=where.organization.id):
        log = log_of(organization_id=where.organization.id)
    settings = {
        "host": "siem.halden.example",
        "port": "",
        "ending": "answered",
        "authority": "",
    }
    made = services.create(
        actor=MARA,
        log=log,
        workspace=None if whole else where.public_id,
        kind=Kind.SYSLOG,
        asked=Asked(name="Halden SIEM", format=Format.NATIVE, settings=settings),
        start_at=Start.BEGINNING,
        at=AT,
    )
    return services.start(actor=MARA, stream=made.stream, at=AT)


def _gap(stream: AuditStream) -> None:
    with scoping.organization(organization_id=stream.organization_id):
        recording.record(
            actor=MARA,
            action="audit.stream.gap-found",
            target=Target(kind="stream", id=stream.public_id),
            organization_id=stream.organization_id,
            workspace=stream.workspace,
            outcome=Outcome.ERROR,
            counts={"missing": 7},
            at=AT,
        )


def _page(person: cast.Person, at: datetime) -> str:
    with clock.fixed_at(at):
        return str(person.client().get(PAGE).content.decode())


def test_a_stream_that_is_behind_for_an_hour_waits_until_it_is_paused(
    where: WorkspaceRef, seal: Callable[[], int]
) -> None:
    stream, mara = _stream(where), cast.owner(where)
    seal()

    assert BEHIND not in _page(mara, LATE - timedelta(seconds=1))
    page = _page(mara, LATE)
    assert BEHIND in page
    assert f"{PAGE}audit/streams/{stream.public_id}/" in page
    assert "1 stream of the audit log is behind or has a gap" in page
    assert BEHIND not in _page(cast.analyst(where), LATE)

    services.pause(actor=MARA, stream=stream, at=LATE)
    assert BEHIND not in _page(mara, LATE)


def test_a_gap_waits_for_a_week(where: WorkspaceRef, seal: Callable[[], int]) -> None:
    stream, mara = _stream(where), cast.owner(where)
    services.pause(actor=MARA, stream=stream, at=AT)
    _gap(stream)
    seal()

    page = _page(mara, AT + timedelta(days=6))
    assert MISSING in page
    assert "Entries that it had not sent were gone from the log" in page
    assert MISSING not in _page(mara, AT + timedelta(days=8))


def test_a_gap_that_is_acknowledged_leaves_the_overview_and_its_incident_is_taken(
    where: WorkspaceRef, seal: Callable[[], int]
) -> None:
    stream, mara = _stream(where), cast.owner(where)
    services.pause(actor=MARA, stream=stream, at=AT)
    _gap(stream)
    seal()
    incidents.detect_due(at=AT)
    at, page = AT + timedelta(hours=2), f"{PAGE}audit/streams/{stream.public_id}/"
    stranger = cast.owner(cast.elsewhere()).client()

    with clock.fixed_at(at):
        assert stranger.post(f"{page}acknowledge/").status_code == 404
        reader = cast.analyst(where).client()
        assert reader.post(f"{page}acknowledge/").status_code == 403
        assert "Acknowledge the gap" in mara.client().get(page).content.decode()
        assert mara.client().post(f"{page}acknowledge/").status_code == 302
        shown = mara.client().get(page).content.decode()
        again = mara.client().post(f"{page}acknowledge/")

    assert "Entries are missing at the receiver" in shown
    assert "Acknowledge the gap" not in shown
    assert again.status_code == 409
    assert MISSING not in _page(mara, at)
    with scoping.organization(organization_id=where.organization.id):
        (incident,) = AuditIncident.objects.all()
    assert (incident.state, incident.page_due_at) == ("acknowledged", None)


def test_a_stream_of_the_organization_waits_for_those_who_run_it(
    where: WorkspaceRef, seal: Callable[[], int]
) -> None:
    stream = _stream(where, whole=True)
    seal()

    page = _page(cast.owner(where), LATE)

    assert BEHIND in page
    url = f"/o/{where.organization.slug}/audit/streams/{stream.public_id}/"
    assert url in page
    assert "Halden SIEM" not in _page(cast.officer(where), LATE)


def test_a_stream_of_another_organization_is_told_nowhere_else(
    where: WorkspaceRef, seal: Callable[[], int]
) -> None:
    _stream(cast.elsewhere())
    seal()

    assert "Halden SIEM" not in _page(cast.owner(where), LATE)
