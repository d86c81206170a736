"""A turn that comes late leaves a figure for its hour, and the page draws it."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from audit.streams.kinds import Kind
from audit.streams.models import AuditStream, AuditStreamSample
from kit import clock, scoping
from tests import cast
from tests.audit.conftest import AT, Tenant
from tests.audit.streams.authorities import Authority
from tests.audit.streams.conftest import started, turn
from tests.audit.streams.receivers import Receiver
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = pytest.mark.django_db(transaction=True)
_BAR = re.compile(r'<rect class="c-bar-(\w+)"[^>]* height="([\d.]+)"')
_FIGURES = re.compile(
    r'<th scope="row">(\d\d)</th>\s*<td class="c-figure">([\d,]+)</td>'
)


@pytest.fixture
def where(checkpoint_folder: Path, settings: Any, tmp_path: Path) -> WorkspaceRef:
    settings.CUSTOS_HOME = tmp_path
    return cast.workspace()


@pytest.fixture
def stream(
    where: WorkspaceRef, receiver: Receiver, authority: Authority
) -> AuditStream:
    owner = where.organization
    tenant = Tenant(id=owner.id, uuid=owner.public_id, slug=owner.slug)
    hook = {"url": receiver.url, "mode": "batch", "authority": authority.pem}
    return started(tenant, Kind.WEBHOOK, hook).stream


def page_of(where: WorkspaceRef, stream: AuditStream, at: datetime) -> str:
    with clock.fixed_at(at):
        browser = cast.owner(where).client()
        url = f"/o/{where.organization.slug}/audit/streams/{stream.public_id}/"
        return browser.get(url).content.decode()


def test_a_late_turn_is_a_bar_of_its_hour_and_the_finding_above_the_chart(
    where: WorkspaceRef,
    stream: AuditStream,
    receiver: Receiver,
    seal: Callable[[], int],
) -> None:
    waited = seal()
    receiver.answer = lambda _asked: (503, b"")
    turn(stream, AT + timedelta(minutes=61))
    # It catches up within the same hour, whose figure stays the most that waited.
    receiver.answer = lambda _asked: (200, b"")
    turn(stream, AT + timedelta(minutes=75))

    page = page_of(where, stream, AT + timedelta(hours=3))

    with scoping.organization(organization_id=where.organization.id):
        (sample,) = AuditStreamSample.objects.filter(stream_id=stream.pk)
    late = AT.replace(hour=10, minute=0, second=0)
    assert (sample.hour, sample.behind, sample.sent) == (late, waited, waited)
    finding = f"At most {waited} entries waited in an hour"
    assert f'<title id="lag-title">{finding}</title>' in page
    assert re.search(rf'<h2 id="lag-head"[^>]*>{finding}</h2>', page)
    # Noon is the last of the 24 hours; ten is the one two before it.
    bars = [(fill, float(height) > 0) for fill, height in _BAR.findall(page)]
    assert bars == [("solid", n == 21) for n in range(23)] + [("second", False)]
    figures = [found for found in _FIGURES.findall(page) if found[1] != "0"]
    assert figures == [("10", str(waited))]


def test_where_nothing_waited_no_bar_is_drawn_and_the_title_says_so(
    where: WorkspaceRef,
    stream: AuditStream,
    receiver: Receiver,
    seal: Callable[[], int],
) -> None:
    seal()
    receiver.answer = lambda _asked: (200, b"")
    turn(stream)

    page = page_of(where, stream, AT)

    assert '<title id="lag-title">Nothing waited</title>' in page
    assert [float(height) for _fill, height in _BAR.findall(page)] == [0] * 24
