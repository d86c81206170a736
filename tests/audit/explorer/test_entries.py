"""Reading the audit log: its list, filters and entries, Verify, the demonstration."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from audit import recording
from audit.recording import Target
from kit import scoping
from kit.actor import Actor
from tests import cast
from tests.audit.conftest import AT
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = pytest.mark.django_db(transaction=True)

LIST = "/o/halden-instruments/audit/"
HERE = "/w/halden-engineering/audit/"
# Session, person, two doors, scope in and out, transaction, jobs; log, views, facets,
# leaves, details, waiting, verification; counts, oldest, timeline within their time.
BUDGET = 30


@pytest.fixture
def where(checkpoint_folder: Path, settings: Any, tmp_path: Path) -> WorkspaceRef:
    settings.CUSTOS_HOME = tmp_path
    return cast.workspace()


@pytest.fixture
def mara(where: WorkspaceRef) -> Client:
    return cast.owner(where).client()


def _record(where: WorkspaceRef, number: int = 1, **given: Any) -> None:
    organization = where.organization
    given = {
        "actor": cast.owner(where).actor,
        "action": "retention.policy.set",
        "target": Target(kind="policy", id=UUID(int=9)),
        "at": AT,
    } | given
    with scoping.organization(organization_id=organization.id):
        for _ in range(number):
            recording.record(organization_id=organization.id, **given)


def _page(client: Client, url: str = LIST, **query: str) -> str:
    response = client.get(url, query)
    assert response.status_code == 200
    return response.content.decode()


def test_the_way_to_the_pages_names_organization_and_workspace(mara: Client) -> None:
    def crumbs(url: str) -> list[str]:
        way = _page(mara, url).partition('aria-label="Breadcrumbs"')[2]
        return re.findall(r"<(?:a|span)[^>]*>([^<]+)</", way.partition("</nav>")[0])

    assert crumbs(LIST) == ["Halden Instruments", "Audit log"]
    assert crumbs(HERE) == ["Halden Instruments", "Halden Engineering", "Audit log"]


def _numbers(page: str) -> list[int]:
    found = re.findall(r'data-label="Entry">([\d,]+)<', page)
    return [int(number.replace(",", "")) for number in found]


def test_it_lists_entries_newest_first_under_their_day(
    where: WorkspaceRef, mara: Client, seal: Callable[[], int]
) -> None:
    _record(where, 3)
    sealed = seal()

    page = _page(mara)

    assert _numbers(page) == list(range(sealed))[::-1]
    assert "Today, Mon 23 Nov 2026" in page
    assert "Set the retention policy" in page
    assert "mara.lindqvist@halden.example" in page


def test_what_is_not_sealed_yet_stands_above_and_says_so(
    where: WorkspaceRef, mara: Client, seal: Callable[[], int]
) -> None:
    seal()
    _record(where)

    assert "Awaiting seal" in _page(mara)
    seal()
    assert "Awaiting seal" not in _page(mara)


def test_filters_narrow_the_list_and_show_as_chips(
    where: WorkspaceRef, mara: Client, seal: Callable[[], int]
) -> None:
    _record(where, 2)
    _record(where, action="retention.hold.placed", outcome="refused")
    _record(where, actor=Actor.system("sweeper"))
    seal()
    everything = len(_numbers(_page(mara)))

    for query, count in (
        ("area:retention", 3),
        ("area:holds", 1),
        ("-area:holds", everything - 1),
        ("outcome:refused", 1),
        ("actor:sweeper", 1),
        ("at:2026-11-23", 4),
        ("at>=2026-11-24", 0),
    ):
        assert len(_numbers(_page(mara, q=query))) == count, query

    page = _page(mara, q="area:retention -outcome:error at>=-7d")
    assert "Remove filter: Area is Retention" in page
    assert "Remove filter: Result is not Failed" in page
    assert "Remove filter: When since 7 days ago" in page
    assert 'href="?q=-outcome%3Aerror+at%3E%3D-7d"' in page
    assert "No entry fits" in _page(mara, q="at>=2026-11-24")


def test_a_refusal_says_what_was_tried(
    where: WorkspaceRef, mara: Client, seal: Callable[[], int]
) -> None:
    details = {"matter": "Brennan v. Halden"}
    _record(
        where,
        action="retention.hold.placed",
        target=Target(kind="hold", id=UUID(int=3)),
        outcome="refused",
        details=details,
    )
    seal()

    page = _page(mara, q="area:holds")

    assert "Tried to place a legal hold <b>Brennan v. Halden</b>" in page
    assert "Refused" in page


def test_pages_follow_each_other_without_gap_or_repetition(
    where: WorkspaceRef, mara: Client, seal: Callable[[], int]
) -> None:
    _record(where, 120)
    sealed = seal()

    seen: list[int] = []
    url = LIST
    while url:
        page = _page(mara, url)
        seen += _numbers(page)
        older = re.search(r'href="(\?after=[^"]+)">Older', page)
        url = f"{LIST}{older[1]}" if older else ""

    assert seen == list(range(sealed))[::-1]


def test_a_bad_cursor_is_a_bad_request(where: WorkspaceRef, mara: Client) -> None:
    assert mara.get(LIST, {"after": "nonsense"}).status_code == 400


def test_the_number_of_queries_does_not_grow_with_the_page(
    where: WorkspaceRef, mara: Client, seal: Callable[[], int]
) -> None:
    _record(where, 60)
    seal()
    _page(mara)

    with CaptureQueriesContext(connection) as queries:
        _page(mara)

    assert len(queries) <= BUDGET


def test_an_entry_shows_who_what_why_and_its_proof(
    where: WorkspaceRef, mara: Client, seal: Callable[[], int]
) -> None:
    _record(
        where,
        changes={"keep_days": (120, 90), "second_person": (None, "ife@halden.example")},
        reason="Records schedule RS-14",
        policy="v8",
    )
    newest = seal() - 1

    page = _page(mara, f"{LIST}1/{newest}/")

    assert f"Entry {newest}" in page
    assert "Mon 23 Nov 2026, 09:15:07 UTC" in page
    assert "Records schedule RS-14" in page
    assert "keep_days" in page
    assert "<del>120</del>" in page
    assert "<ins>90</ins>" in page
    assert "<i>none</i>" in page
    assert "&quot;action&quot;: &quot;retention.policy.set&quot;" in page
    assert "Sealed, not verified yet" in page
    assert "hashes up to the signed head" in page


def test_an_opened_entry_leaves_the_filters_as_they_were(
    where: WorkspaceRef, mara: Client, seal: Callable[[], int]
) -> None:
    _record(where, action="retention.hold.placed")
    _record(where)
    _record(where, action="retention.hold.placed")
    newest = seal() - 1

    page = _page(mara, f"{LIST}1/{newest}/", q="area:holds")

    assert _numbers(page) == [newest, newest - 2]
    assert f'href="{LIST}1/{newest - 2}/?q=area%3Aholds" aria-label="Next"' in page
    assert f'href="{LIST}?q=area%3Aholds" data-close-drawer' in page


def test_markup_in_what_people_wrote_is_text(
    where: WorkspaceRef, mara: Client, seal: Callable[[], int]
) -> None:
    _record(where, reason="<script>alert(1)</script>")
    newest = seal() - 1

    page = _page(mara, f"{LIST}1/{newest}/")

    assert "<script>alert" not in page


def test_an_entry_that_is_not_there_is_not_found(
    where: WorkspaceRef, mara: Client
) -> None:
    assert mara.get(f"{LIST}1/999/").status_code == 404


def test_verify_says_how_many_entries_hold(
    where: WorkspaceRef, mara: Client, seal: Callable[[], int]
) -> None:
    _record(where, 3)
    sealed = seal()
    assert "Not verified yet" in _page(mara)

    response = mara.post(f"{LIST}verify/", follow=True)

    assert f"Verified {sealed} entries" in response.content.decode()
    assert "In the verified range" in _page(mara, f"{LIST}1/0/")


def test_verify_names_the_entry_that_was_tampered_with_until_it_is_put_back(
    where: WorkspaceRef, mara: Client, seal: Callable[[], int]
) -> None:
    _record(where, 5)
    tampered = seal() - 3

    mara.post(f"{LIST}tamper/")
    broken = mara.post(f"{LIST}verify/", follow=True).content.decode()
    entry = _page(mara, f"{LIST}1/{tampered}/")
    mara.post(f"{LIST}put-back/")
    whole = mara.post(f"{LIST}verify/", follow=True).content.decode()

    assert f"Entry {tampered} was changed after it was sealed" in broken
    assert "Does not lead to the signed head" in entry
    assert "no gap" in whole
    seal()
    acts = _page(mara)
    assert "Tampered with an entry, for the demonstration" in acts
    assert "Put back the entry that was tampered with" in acts


def test_nobody_tampers_outside_a_demonstration(
    where: WorkspaceRef, mara: Client, settings: Any
) -> None:
    settings.CUSTOS_DEMO = False

    assert mara.post(f"{LIST}tamper/").status_code == 404
    assert "Tamper with an entry" not in _page(mara)


def test_a_workspace_shows_its_own_entries_to_its_compliance_officer(
    where: WorkspaceRef, seal: Callable[[], int]
) -> None:
    ife = cast.officer(where).client()
    _record(where, workspace=where.public_id, action="retention.hold.placed")
    _record(where, action="workspaces.plan.changed")
    newest = seal() - 1

    page = _page(ife, HERE)

    assert _numbers(page)[0] == newest - 1
    assert ife.get(f"{HERE}1/{newest - 1}/").status_code == 200
    assert ife.get(f"{HERE}1/{newest}/").status_code == 404


@pytest.mark.parametrize("url", [LIST, f"{LIST}1/0/", HERE, f"{HERE}1/0/"])
def test_a_stranger_finds_nothing(
    where: WorkspaceRef, seal: Callable[[], int], url: str
) -> None:
    seal()
    sol = cast.person(cast.elsewhere(), "sol.ortega@brennan.example")
    stranger = sol.client()

    assert stranger.get(url).status_code == 404


def test_a_member_is_refused_with_the_reason(where: WorkspaceRef) -> None:
    jun = cast.member(where).client()

    for response in (jun.get(HERE), jun.post(f"{HERE}verify/")):
        assert response.status_code == 403
        assert "audit log" in response.content.decode()


def test_verify_is_no_link(where: WorkspaceRef, mara: Client) -> None:
    assert mara.get(f"{LIST}verify/").status_code == 405
