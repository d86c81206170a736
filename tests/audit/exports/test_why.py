"""Why the file of an export of the log is there or gone: list, download and worker."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils.html import strip_tags

from audit.exports import rules, selectors, services
from audit.exports.models import AuditExport, State
from audit.exports.selectors import NoSuchExport, Stands, Why
from audit.log import sequencer
from audit.log.selectors import log_of
from kit import clock, scoping
from kit.formatting import absolute
from tests import cast
from tests.audit.conftest import AT, MARA, Tenant
from tests.audit.exports.conftest import again, asked, made
from tests.cast import NOON

pytestmark = pytest.mark.django_db(transaction=True)
INSTANT = timedelta(microseconds=1)
WEEK = timedelta(days=rules.KEPT_DAYS)
URL = "/w/halden-engineering/audit/exports/"


@pytest.fixture
def export(halden: Tenant, seal: Callable[[], int]) -> AuditExport:
    halden.record()
    seal()
    row = asked(halden)
    made(row)
    return again(row)


def why(row: AuditExport, *, at: datetime) -> Why:
    return selectors.why(export=again(row), at=at)


def download(row: AuditExport, *, at: datetime) -> bytes:
    with scoping.organization(organization_id=row.organization_id):
        _row, pieces = services.download(
            actor=MARA,
            log=log_of(organization_id=row.organization_id),
            workspace=None,
            export=row.public_id,
            at=at,
        )
        return b"".join(pieces)


def test_it_goes_at_the_very_moment_that_the_answer_names(export: AuditExport) -> None:
    goes_at = why(export, at=AT).expires_at
    assert goes_at == AT + WEEK
    before = goes_at - INSTANT

    assert why(export, at=before).stands is Stands.LIVE
    assert not why(export, at=before).is_due
    services.work_due(clock=lambda: before)
    assert download(export, at=before)

    assert why(export, at=goes_at).stands is Stands.EXPIRED
    assert why(export, at=goes_at).is_due
    with pytest.raises(NoSuchExport, match="Ask for a new one"):
        download(export, at=goes_at)
    services.work_due(clock=lambda: goes_at)
    assert again(export).state == State.EXPIRED
    assert not why(export, at=goes_at).is_due


def test_an_erasure_ends_it_early_and_the_answer_says_so(export: AuditExport) -> None:
    ended = AT + timedelta(days=2)
    with scoping.organization(organization_id=export.organization_id):
        AuditExport.objects.filter(pk=export.pk).update(expires_at=ended)

    found = why(export, at=ended)

    assert (found.expires_at, found.is_due, found.is_cut_short) == (ended, True, True)
    services.work_due(clock=lambda: ended)
    assert again(export).state == State.EXPIRED
    assert why(export, at=ended).is_cut_short


def test_what_was_not_made_has_no_date(halden: Tenant, seal: Callable[[], int]) -> None:
    row = asked(halden)

    found = why(row, at=AT + WEEK * 9)

    assert found.stands is Stands.AWAITED
    assert (found.expires_at, found.is_due, found.can_be_cut_short) == (
        None,
        False,
        False,
    )


def test_the_list_tells_the_date_the_rule_and_what_changes_it(
    transactional_db: None,
) -> None:
    owner = cast.owner(cast.workspace()).client()
    owner.post(URL, {"form": "jsonl", "query": ""})
    sequencer.seal(at=NOON)
    services.work_due(clock=lambda: NOON)

    ready = _list(owner, at=NOON + WEEK - INSTANT)
    over = _list(owner, at=NOON + WEEK)

    for page in (ready, over):
        assert absolute(NOON + WEEK) in page
        assert "7 days after it was made" in page
        assert "no legal hold keeps it" in page
    assert "Download:" in ready
    assert "Ready" in ready
    assert "Download:" not in over
    assert "Expired" in over


def _list(owner: Client, *, at: datetime) -> str:
    with clock.fixed_at(at):
        return " ".join(strip_tags(owner.get(URL).content.decode()).split())
