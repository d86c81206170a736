"""Exploring the log: bad queries, added filters, counts, times, live parts, views."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus
from uuid import UUID, uuid4

import pytest
from django.test import Client

from audit import recording
from audit.explorer import figures
from audit.log import storage
from audit.recording import Target
from kit import scoping
from kit.permissions import Permission
from tests import cast
from tests.audit.conftest import AT
from workspaces.roles import matrix
from workspaces.roles.matrix import Role
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = pytest.mark.django_db(transaction=True)

LIST = "/o/halden-instruments/audit/"
HERE = "/w/halden-engineering/audit/"


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


def _counts(page: str) -> dict[str, str]:
    found = re.findall(
        r'c-facet-label">([^<]+)</span><span class="c-facet-count">([^<]+)<', page
    )
    return dict(found)


@pytest.mark.parametrize("url", [LIST, f"{LIST}1/0/"])
def test_what_is_no_query_is_shown_with_the_place(
    mara: Client, seal: Callable[[], int], url: str
) -> None:
    seal()

    response = mara.get(url, {"q": "area:kitchen at>=-7d"})

    page = response.content.decode()
    assert response.status_code == 400
    assert "At character 6 of the query" in page
    assert 'area:<mark class="c-differs">kitchen at&gt;=-7d</mark>' in page
    assert 'value="area:kitchen at&gt;=-7d"' in page


@pytest.mark.parametrize(
    ("added", "query"),
    [
        ({"key": "action", "value": "retention.*"}, "area:holds action:retention.*"),
        (
            {"key": "outcome", "relation": "-", "value": "success"},
            "area:holds -outcome:success",
        ),
        ({"begin": "2026-11-01T00:00"}, "area:holds at>=2026-11-01"),
        (
            {"begin": "2026-11-01T09:30", "end": "2026-11-02T00:00"},
            "area:holds at>=2026-11-01T09:30Z at<2026-11-02",
        ),
    ],
)
def test_forms_edit_the_same_text(
    mara: Client, added: dict[str, str], query: str
) -> None:
    response = mara.get(LIST, {"q": "area:holds", **added}, follow=True)

    assert response.request["QUERY_STRING"].startswith("q=")
    assert response.context["query"] == query


@pytest.mark.parametrize(
    ("added", "says"),
    [
        ({"key": "area", "value": "kitchen"}, "is none of"),
        ({"key": "actor", "value": "mara@halden.example"}, "not a name or an address"),
        ({"key": "colour", "value": "red"}, "is not one of the available choices"),
        ({"begin": "0001-01-01T00:00"}, "Give a day from 1970 to 9998"),
        ({"end": "yesterday"}, "Enter a valid date/time"),
    ],
)
def test_what_cannot_be_added_is_said_at_its_field(
    mara: Client, added: dict[str, str], says: str
) -> None:
    response = mara.get(LIST, {"q": "area:holds", **added})

    assert response.status_code == 400
    assert says in response.content.decode()


def test_facets_count_what_each_value_would_leave(
    where: WorkspaceRef, mara: Client, seal: Callable[[], int]
) -> None:
    _record(where, 3)
    _record(where, 2, action="retention.hold.placed", outcome="refused")
    seal()

    page = _page(mara, q="area:retention")

    counts = _counts(page)
    assert (counts["Retention"], counts["Holds"]) == ("3", "2")
    assert "Refused" not in counts
    assert 'href="?" aria-current="true"' in page
    assert 'href="?q=area%3Aretention%2Cholds"' in page
    assert _counts(_page(mara, q="outcome:refused"))["Holds"] == "2"


def test_counts_stop_at_their_bound(
    where: WorkspaceRef,
    mara: Client,
    seal: Callable[[], int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(figures, "BOUND", 3)
    _record(where, 5)
    seal()

    page = _page(mara, q="area:retention")

    assert _counts(page)["Retention"] == "3+"
    assert "3 entries or more" in page


def test_figures_that_take_too_long_leave_the_list(
    where: WorkspaceRef,
    mara: Client,
    seal: Callable[[], int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _record(where)
    seal()
    slow = "(select count(*) from pg_sleep(1) s) ,"
    monkeypatch.setattr(figures, "LONGEST_MS", 50)
    monkeypatch.setattr(
        figures, "_BUCKETS", figures._BUCKETS.replace("select b.n,", f"select {slow}")
    )

    page = _page(mara)

    assert "Counting takes too long here" in page
    assert "Set the retention policy" in page


def test_the_time_that_figures_may_take_ends_with_them() -> None:
    with scoping.organization(organization_id=1):
        before = storage.rows("default", "show statement_timeout")
        with figures.bounded_time():
            during = storage.rows("default", "show statement_timeout")
        after = storage.rows("default", "show statement_timeout")

        assert during == [("3s",)]
        assert after == before


def test_bars_of_the_timeline_lead_to_their_time(
    where: WorkspaceRef, mara: Client, seal: Callable[[], int]
) -> None:
    _record(where, 3)
    seal()

    page = _page(mara, q="at:2026-11-23")
    bar = re.search(
        r'<a href="([^"]+)" tabindex="-1" aria-label="23 Nov 09:15: 3"', page
    )

    assert bar is not None
    narrowed = _page(mara, LIST + bar[1].replace("&amp;", "&"))
    assert narrowed.count('data-label="Entry"') == 3
    assert "Show the whole time" in narrowed


@pytest.mark.parametrize(
    "query",
    ["at>=-99999w", "at<1970-01-02", "at>=9998-01-01", "at:2026-11-23,2020-01-01"],
)
def test_any_time_has_its_timeline(mara: Client, query: str) -> None:
    assert "Timeline" in _page(mara, q=query)


def test_a_part_of_the_time_is_shown_on_the_whole_of_it(
    where: WorkspaceRef, mara: Client, seal: Callable[[], int]
) -> None:
    _record(where, at=AT - timedelta(days=40))
    _record(where, 3)
    seal()

    assert "c-overview" not in _page(mara)
    begin, end = "2026-11-01T00:00:00Z", "2026-11-03T00:00:00Z"
    page = _page(mara, q=f"area:retention at>={begin} at<{end}")

    window = page.partition('class="c-overview-window"')[2].partition("/>")[0]
    x, width = (float(one) for one in re.findall(r'(?:x|width)="([\d.]+)%"', window))
    # The log begins with the workspace, on 2 March, and it is 23 November.
    assert 85 < x < 95
    assert 0.5 < width < 2
    assert "Shown: from 1 Nov 2026 00:00 until 3 Nov 2026 00:00 UTC" in page
    moves = page.partition('class="c-overview-moves"')[2].partition("</nav>")[0]
    urls = [unquote_plus(one) for one in re.findall(r'href="([^"]+)"', moves)]
    assert [one.partition("area:retention ")[2] for one in urls] == [
        "at>=2026-10-30 at<2026-11-01",
        "at>=2026-10-31 at<2026-11-04",
        "at>=2026-11-03 at<2026-11-05",
    ]


@pytest.mark.parametrize("query", ["at>=2027-01-01", "at<2020-01-01", "at>=-15m"])
def test_a_time_beyond_the_log_has_its_place_too(mara: Client, query: str) -> None:
    page = _page(mara, q=query)

    window = page.partition('class="c-overview-window"')[2].partition("/>")[0]
    x, width = (float(one) for one in re.findall(r'(?:x|width)="([\d.]+)%"', window))
    assert 0 <= x <= x + width <= 100.1


def test_a_live_page_asks_for_its_list_alone(
    where: WorkspaceRef, mara: Client, seal: Callable[[], int]
) -> None:
    _record(where)
    seal()

    page = _page(mara, live="1")
    part = _page(mara, live="1", part="list")

    assert 'data-live="?live=1&amp;part=list"' in page
    assert "Live: new entries appear by themselves" in page
    assert "<html" not in part
    assert "Set the retention policy" in part
    assert mara.get(LIST, {"part": "list", "q": "nonsense"}).status_code == 400


def test_the_badge_asks_for_itself_while_a_worker_verifies(mara: Client) -> None:
    assert "hx-get" not in _page(mara, part="badge")


def _save(client: Client, name: str, url: str = LIST, **more: str) -> str:
    data = {"q": "area:holds", "name": name, **more}
    response = client.post(f"{url}views/", data, follow=True)
    return response.content.decode()


def test_a_view_is_saved_and_recorded(
    where: WorkspaceRef, mara: Client, seal: Callable[[], int]
) -> None:
    page = _save(mara, "Our  holds")
    seal()

    assert "Saved the view “Our holds”" in page
    assert '<a href="?q=area%3Aholds" aria-current="true"><span>Our holds' in page
    assert "Saved a view of the audit log <b>Our holds</b>" in _page(mara)


@pytest.mark.parametrize(
    ("name", "says"),
    [("", "This field is required"), ("x" * 61, "at most 60"), ("Taken", "already")],
)
def test_a_view_needs_a_name_of_its_own(mara: Client, name: str, says: str) -> None:
    _save(mara, "Taken")

    assert says in _save(mara, name)


def test_a_view_of_no_query_is_not_saved(mara: Client) -> None:
    response = mara.post(f"{LIST}views/", {"q": "nonsense", "name": "Ours"})

    assert response.status_code == 400
    assert "Ours" not in _page(mara)


def test_what_is_looked_at_can_be_exported(mara: Client) -> None:
    page = _page(mara, HERE, q="area:retention at>=2026-11-01")
    link = re.search(r'href="([^"]+/exports/\?q=[^"]+)"', page)

    assert link is not None
    form = mara.get(unescape(link[1])).content.decode()

    assert 'value="area:retention at&gt;=2026-11-01"' in form


def test_who_may_not_export_is_offered_none(
    where: WorkspaceRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    granted = matrix.ROLE_PERMISSIONS[Role.COMPLIANCE_OFFICER]
    monkeypatch.setitem(
        matrix.ROLE_PERMISSIONS,
        Role.COMPLIANCE_OFFICER,
        granted - {Permission.AUDIT_EXPORT},
    )

    assert "Export</a>" not in _page(cast.officer(where).client(), HERE)


def test_shared_views_are_seen_by_all_who_read_this_log(
    where: WorkspaceRef, mara: Client
) -> None:
    ife = cast.officer(where).client()
    _save(mara, "For all", HERE, is_shared="on")
    _save(mara, "Mine", HERE)

    seen = _page(ife, HERE)

    assert "<span>For all</span>" in seen
    assert "<span>Mine</span>" not in seen
    assert "<span>For all</span>" not in _page(mara, LIST)


def test_a_view_is_deleted_and_recorded(
    where: WorkspaceRef, mara: Client, seal: Callable[[], int]
) -> None:
    page = _save(mara, "Short-lived")
    url = re.search(r'action="([^"]+/delete/)"', page)
    assert url is not None

    mara.post(url[1])
    seal()

    after = _page(mara)
    assert "<span>Short-lived</span>" not in after
    assert "Deleted a view of the audit log" in after
    assert mara.post(url[1]).status_code == 404


def test_somebody_elses_view_is_not_there_for_others(
    where: WorkspaceRef, mara: Client
) -> None:
    page = _save(mara, "Mine", HERE)
    url = re.search(r'action="([^"]+/delete/)"', page)
    assert url is not None

    assert cast.officer(where).client().post(url[1]).status_code == 404
    assert cast.member(where).client().post(url[1]).status_code == 403
    stranger = cast.person(cast.elsewhere(), "sol.ortega@brennan.example").client()
    assert stranger.post(url[1]).status_code == 404
    assert mara.post(f"{LIST}views/{uuid4()}/delete/").status_code == 404
    assert "<span>Mine</span>" in _page(mara, HERE)
