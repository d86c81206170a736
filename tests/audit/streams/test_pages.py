"""The pages of streams: who may do what, what they show, and what they never show."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from audit.log.models import AuditFacet
from audit.log.selectors import log_of
from audit.streams import services
from audit.streams.kinds import Format, Kind
from audit.streams.models import AuditStream
from audit.streams.services import Asked, Start
from kit import scoping
from tests import cast
from tests.audit.conftest import AT
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = pytest.mark.django_db(transaction=True)

LIST = "/o/halden-instruments/audit/streams/"
HERE = "/w/halden-engineering/audit/streams/"
FORM = {
    "name": "Halden SIEM",
    "url": "https://siem.halden.example/in/secret-path",
    "mode": "batch",
    "format": "native",
    "query": "area:holds",
    "start_at": "now",
}
BUDGET = 16


@pytest.fixture
def where(checkpoint_folder: Path, settings: Any, tmp_path: Path) -> WorkspaceRef:
    settings.CUSTOS_HOME = tmp_path
    return cast.workspace()


@pytest.fixture
def mara(where: WorkspaceRef) -> Client:
    return cast.owner(where).client()


def _streams(where: WorkspaceRef) -> list[AuditStream]:
    with scoping.organization(organization_id=where.organization.id):
        return list(AuditStream.objects.order_by("id"))


def _actions(where: WorkspaceRef, seal: Callable[[], int]) -> list[str]:
    seal()
    with scoping.organization(organization_id=where.organization.id):
        rows = AuditFacet.objects.filter(target_kind="stream")
        return list(rows.order_by("epoch", "index").values_list("action", flat=True))


def _made(
    where: WorkspaceRef, mara: Client, url: str = LIST, **more: str
) -> AuditStream:
    answer = mara.post(f"{url}add/webhook/", FORM | more)
    assert answer.status_code == 200, answer.content.decode()
    return _streams(where)[-1]


def test_a_webhook_is_made_paused_and_its_secret_is_shown_once(
    where: WorkspaceRef, mara: Client, seal: Callable[[], int]
) -> None:
    answer = mara.post(f"{LIST}add/webhook/", FORM)

    page = answer.content.decode()
    secret = re.search(r"whsec_[A-Za-z0-9+/=]+", page)
    assert secret
    assert answer["Cache-Control"] == "no-store"
    (stream,) = _streams(where)
    assert (stream.state, stream.host, stream.query) == (
        "paused",
        "siem.halden.example",
        "area:holds",
    )
    assert b"secret-path" not in bytes(stream.sealed)
    detail = mara.get(f"{LIST}{stream.public_id}/").content.decode()
    form = mara.get(f"{LIST}{stream.public_id}/change/").content.decode()
    assert "siem.halden.example" in detail
    for gone in (secret[0], "secret-path"):
        assert gone not in detail
        assert gone not in form
    assert _actions(where, seal) == ["audit.stream.created"]


def test_what_is_recorded_holds_no_secret(
    where: WorkspaceRef, mara: Client, seal: Callable[[], int]
) -> None:
    stream = _made(where, mara)
    changed = FORM | {"url": "https://other.halden.example/another-secret"}
    mara.post(f"{LIST}{stream.public_id}/change/", changed)
    seal()

    page = ""
    for index in range(seal() + 30):
        found = mara.get(f"/o/halden-instruments/audit/1/{index}/")
        page += found.content.decode() if found.status_code == 200 else ""

    assert "other.halden.example" in page
    assert "another-secret" not in page
    assert "secret-path" not in page
    assert "whsec_" not in page


def test_a_change_keeps_a_secret_that_was_left_empty(
    where: WorkspaceRef, mara: Client, seal: Callable[[], int]
) -> None:
    stream = _made(where, mara)

    answer = mara.post(
        f"{LIST}{stream.public_id}/change/", FORM | {"url": "", "name": "Renamed"}
    )

    assert answer.status_code == 302
    (changed,) = _streams(where)
    assert (changed.name, changed.host) == ("Renamed", "siem.halden.example")
    assert _actions(where, seal)[-1] == "audit.stream.changed"


def test_what_leads_to_an_address_that_was_allowed_is_renamed_and_not_led_elsewhere(
    where: WorkspaceRef, mara: Client, settings: Any
) -> None:
    settings.CUSTOS_OUTBOUND_ALLOW_PRIVATE = True
    place = PLACES["splunk"] | {"url": "https://10.0.0.7:8088"}
    here = mara.post(f"{LIST}add/splunk/", FORM | place)["Location"]
    settings.CUSTOS_OUTBOUND_ALLOW_PRIVATE = False

    renamed = mara.post(f"{here}change/", FORM | place | {"name": "Renamed"})
    led = FORM | place | {"url": "https://10.0.0.8:8088", "token": "t"}
    refused = mara.post(f"{here}change/", led)

    assert (renamed.status_code, refused.status_code) == (302, 422)
    assert "it is private" in refused.content.decode()
    (stream,) = _streams(where)
    assert (stream.name, stream.host) == ("Renamed", "10.0.0.7")


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("url", "http://siem.halden.example/", "must begin with https://"),
        ("url", "https://me@siem.halden.example/", "must name a host, and no user"),
        ("url", "https://[oops/", "This is no address"),
        ("url", "https://siem.h\u00e4lden.example/", "Write the host in ASCII"),
        ("url", "https://10.0.0.7/in", "it is private"),
        ("url", "https://[::1]:8443/in", "it is private"),
        ("url", "https://[::ffff:10.0.0.7]/in", "it is private"),
        ("url", "https://LOCALHOST./in", "it is private"),
        ("url", "https://127.1/in", "it is private"),
        ("url", "https://2130706433/in", "it is private"),
        ("url", "https://169.254.169.254/latest", "it is reserved"),
        ("url", "", "required"),
        ("name", "", "required"),
        ("query", "colour:red", "there is no"),
        ("format", "xml", "Select a valid choice"),
        ("start_at", "never", "Select a valid choice"),
        ("mode", "pigeon", "Select a valid choice"),
    ],
)
def test_bad_input_makes_nothing_and_says_why(
    where: WorkspaceRef, mara: Client, field: str, value: str, sentence: str
) -> None:
    answer = mara.post(f"{LIST}add/webhook/", FORM | {field: value})

    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert _streams(where) == []


def test_an_unknown_kind_is_not_there(where: WorkspaceRef, mara: Client) -> None:
    assert mara.get(f"{LIST}add/pigeon/").status_code == 404


PLACES = {
    "splunk": {"url": "https://splunk.halden.example:8088", "token": "hidden-token"},
    "otlp": {
        "url": "https://otlp.halden.example/in",
        "header": "Authorization: Bearer hidden-token",
    },
    "s3": {
        "url": "https://minio.halden.example:9000",
        "region": "eu-central-1",
        "bucket": "halden-audit",
        "prefix": "custos/log",
        "key_id": "AKIAIOSFODNN7EXAMPLE",
        "secret_key": "hidden-token",
    },
}
SECRETS = {"splunk": "token", "otlp": "header", "s3": "secret_key"}


@pytest.mark.parametrize("kind", PLACES)
def test_what_other_receivers_are_signed_in_with_is_never_shown(
    where: WorkspaceRef, mara: Client, seal: Callable[[], int], kind: str
) -> None:
    asked = FORM | PLACES[kind]
    refused = mara.post(f"{LIST}add/{kind}/", asked | {"format": "pigeon"})

    made = mara.post(f"{LIST}add/{kind}/", asked)

    assert refused.status_code == 422
    assert made.status_code == 302
    (stream,) = _streams(where)
    here = f"{LIST}{stream.public_id}/"
    assert made["Location"] == here
    assert (stream.kind, stream.state) == (kind, "paused")
    assert b"hidden" not in bytes(stream.sealed)
    pages = (
        refused.content + mara.get(here).content + mara.get(f"{here}change/").content
    )
    assert b"hidden-token" not in pages
    assert mara.post(f"{here}secret/").status_code == 422
    assert _actions(where, seal) == ["audit.stream.created"]


@pytest.mark.parametrize("kind", PLACES)
def test_a_secret_is_kept_for_its_address_and_for_no_other(
    where: WorkspaceRef, mara: Client, kind: str
) -> None:
    asked = FORM | PLACES[kind]
    mara.post(f"{LIST}add/{kind}/", asked)
    (stream,) = _streams(where)
    url = f"{LIST}{stream.public_id}/change/"
    emptied = asked | {SECRETS[kind]: "", "name": "Renamed"}
    elsewhere = {"url": "https://siem.elsewhere.example"}

    kept = mara.post(url, emptied)
    moved = mara.post(url, emptied | elsewhere)

    assert kept.status_code == 302
    assert moved.status_code == 422
    assert "was for the old address. Enter it again." in moved.content.decode()
    (changed,) = _streams(where)
    assert (changed.name, changed.host) == ("Renamed", stream.host)
    assert mara.post(url, asked | elsewhere).status_code == 302
    assert _streams(where)[0].host == "siem.elsewhere.example"


@pytest.mark.parametrize(
    ("kind", "field", "value", "sentence"),
    [
        ("splunk", "token", "", "required"),
        ("splunk", "token", "two words", "neither spaces"),
        ("splunk", "url", "http://splunk.halden.example", "must begin with https://"),
        ("otlp", "header", "Bearer", "name: value"),
        ("otlp", "header", "Host: elsewhere.example", "name: value"),
        ("otlp", "header", "Content-Length: 1", "name: value"),
        ("otlp", "header", "X-Key: a\r\nX-Other: b", "name: value"),
        ("otlp", "header", "X-Key: schlüssel", "name: value"),
        ("otlp", "url", "", "required"),
        ("s3", "format", "cef", "Select a valid choice"),
        ("s3", "url", "http://minio.halden.example", "must begin with https://"),
        ("s3", "url", "https://minio.halden.example/?a", "neither “?” nor “#”"),
        ("s3", "bucket", "", "required"),
        ("s3", "bucket", "ab", "3 to 63 small letters"),
        ("s3", "bucket", "a" * 64, "3 to 63 small letters"),
        ("s3", "bucket", "Halden", "3 to 63 small letters"),
        ("s3", "bucket", "halden_audit", "3 to 63 small letters"),
        ("s3", "bucket", "-halden", "3 to 63 small letters"),
        ("s3", "bucket", "halden.", "3 to 63 small letters"),
        ("s3", "bucket", "hal..den", "3 to 63 small letters"),
        ("s3", "bucket", "192.0.2.7", "is no IP address"),
        ("s3", "bucket", "xn--halden", "3 to 63 small letters"),
        ("s3", "region", "eu.evil.example/", "A region has only"),
        ("s3", "prefix", "/audit", "between single slashes"),
        ("s3", "prefix", "a//b", "between single slashes"),
        ("s3", "prefix", "a/../b", "between single slashes"),
        ("s3", "prefix", "a b", "between single slashes"),
        ("s3", "prefix", "a" * 501, "500 at most"),
        ("s3", "key_id", "a/b", "An access key ID has"),
        ("s3", "secret_key", "two words", "neither spaces"),
        ("s3", "secret_key", "", "required"),
    ],
)
def test_bad_input_for_other_receivers_makes_nothing_and_says_why(
    where: WorkspaceRef, mara: Client, kind: str, field: str, value: str, sentence: str
) -> None:
    answer = mara.post(f"{LIST}add/{kind}/", FORM | PLACES[kind] | {field: value})

    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert _streams(where) == []


SYSLOG = {
    "host": "siem.halden.example",
    "port": "",
    "ending": "answered",
    "format": "cef",
}


def test_a_syslog_stream_says_what_delivered_means(
    where: WorkspaceRef, mara: Client, seal: Callable[[], int]
) -> None:
    form = mara.get(f"{LIST}add/syslog/").content.decode()

    made = mara.post(f"{LIST}add/syslog/", FORM | SYSLOG)

    assert "Syslog confirms nothing" in form
    assert made.status_code == 302
    (stream,) = _streams(where)
    assert (stream.kind, stream.host) == ("syslog", "siem.halden.example")
    detail = mara.get(made["Location"]).content.decode()
    assert "answers the end of the connection (close_notify)" in detail
    changed = FORM | SYSLOG | {"host": "2001:4860:4860::6514", "port": "10514"}
    assert mara.post(f"{made['Location']}change/", changed).status_code == 302
    assert "10514" in mara.get(made["Location"]).content.decode()
    assert _streams(where)[0].host == "2001:4860:4860::6514"
    assert _actions(where, seal) == ["audit.stream.created", "audit.stream.changed"]


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("host", "", "required"),
        ("host", "siem.halden.example:6514", "without a port"),
        ("host", "https://siem.halden.example", "without a port"),
        ("host", "two words", "without a port"),
        ("host", "schlüssel.example", "without a port"),
        ("host", "a" * 254, "without a port"),
        ("host", "192.168.3.4", "it is private"),
        ("host", "fd00::7", "it is private"),
        ("port", "0", "from 1 to 65535"),
        ("port", "65536", "from 1 to 65535"),
        ("port", "syslog", "from 1 to 65535"),
        ("port", "6\u0665", "from 1 to 65535"),
        ("ending", "pigeon", "Select a valid choice"),
        ("format", "pigeon", "Select a valid choice"),
    ],
    ids=range(14),
)
def test_bad_input_for_syslog_makes_nothing_and_says_why(
    where: WorkspaceRef, mara: Client, field: str, value: str, sentence: str
) -> None:
    answer = mara.post(f"{LIST}add/syslog/", FORM | SYSLOG | {field: value})

    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert _streams(where) == []


def test_a_bucket_of_aws_takes_no_endpoint_and_shows_what_is_no_secret(
    where: WorkspaceRef, mara: Client
) -> None:
    made = mara.post(f"{LIST}add/s3/", FORM | PLACES["s3"] | {"url": ""})

    page = mara.get(made["Location"]).content.decode()

    (stream,) = _streams(where)
    assert stream.host == "s3.eu-central-1.amazonaws.com"
    for told in ("halden-audit", "custos/log", "AKIAIOSFODNN7EXAMPLE", stream.host):
        assert told in page


def test_it_starts_pauses_and_asks_for_a_test(
    where: WorkspaceRef, mara: Client, seal: Callable[[], int]
) -> None:
    stream = _made(where, mara)
    here = f"{LIST}{stream.public_id}/"

    for act, word in (
        ("start", "Flowing"),
        ("pause", "Paused"),
        ("test", "On its way"),
    ):
        assert mara.post(f"{here}{act}/").status_code == 302
        assert word in mara.get(here).content.decode()

    assert _actions(where, seal)[1:] == [
        "audit.stream.started",
        "audit.stream.paused",
        "audit.stream.test-requested",
    ]


def test_a_replay_is_shown_before_it_is_done(
    where: WorkspaceRef, mara: Client, seal: Callable[[], int]
) -> None:
    stream = _made(where, mara, start_at="beginning")
    sealed = seal()
    replay = f"{LIST}{stream.public_id}/replay/"

    shown = mara.post(replay, {"epoch": 1, "index": sealed})

    assert (
        f"{sealed} entries that were not sent yet are skipped" in shown.content.decode()
    )
    assert _streams(where)[0].cursor == (1, -1)
    mara.post(replay, {"epoch": 1, "index": sealed, "confirmed": "yes"})
    assert _streams(where)[0].cursor == (1, sealed - 1)
    again = mara.post(replay, {"epoch": 1, "index": 2}).content.decode()
    assert f"{sealed - 2} entries are sent again" in again
    assert "audit.stream.replayed" in _actions(where, seal)


@pytest.mark.parametrize(
    "place",
    [
        {"epoch": "1", "index": "9999"},
        {"epoch": "7", "index": "0"},
        {"epoch": "1", "index": "-1"},
        {"epoch": "1", "index": "x"},
        {},
    ],
)
def test_a_replay_from_nowhere_is_refused(
    where: WorkspaceRef, mara: Client, seal: Callable[[], int], place: dict[str, str]
) -> None:
    stream = _made(where, mara)
    seal()

    for more in ({}, {"confirmed": "yes"}):
        url = f"{LIST}{stream.public_id}/replay/"
        assert mara.post(url, place | more).status_code == 422

    assert _streams(where)[0].cursor == stream.cursor


def test_a_replay_from_nowhere_says_what_is_the_newest_entry(
    where: WorkspaceRef, mara: Client, seal: Callable[[], int]
) -> None:
    stream = _made(where, mara)
    sealed = seal()

    replay = f"{LIST}{stream.public_id}/replay/"
    shown = mara.post(replay, {"epoch": 1, "index": 9_999}).content.decode()

    assert f"The newest is {sealed - 1} of epoch 1." in shown


def test_the_page_follows_by_itself_what_waits_until_it_is_sent(
    where: WorkspaceRef, mara: Client, seal: Callable[[], int]
) -> None:
    stream = _made(where, mara, start_at="beginning")
    here = f"{LIST}{stream.public_id}/"
    polls = f'id="stream-head" aria-live="polite" hx-get="{here}"'
    seal()

    assert polls not in mara.get(here).content.decode()
    mara.post(f"{here}start/")
    assert polls in mara.get(here).content.decode()
    seal()
    with scoping.organization(organization_id=where.organization.id):
        AuditStream.objects.update(cursor_index=9_999)
    assert polls not in mara.get(here).content.decode()


def test_removing_takes_its_name(
    where: WorkspaceRef, mara: Client, seal: Callable[[], int]
) -> None:
    stream = _made(where, mara)
    url = f"{LIST}{stream.public_id}/remove/"

    assert mara.post(url, {"typed_name": "Halden"}).status_code == 422
    assert len(_streams(where)) == 1
    assert mara.post(url, {"typed_name": "Halden SIEM"}).status_code == 302

    assert _streams(where) == []
    assert _actions(where, seal)[-1] == "audit.stream.removed"
    assert "No streams" in mara.get(LIST).content.decode()


def test_a_new_secret_replaces_the_old_one(where: WorkspaceRef, mara: Client) -> None:
    stream = _made(where, mara)

    answer = mara.post(f"{LIST}{stream.public_id}/secret/")

    assert "whsec_" in answer.content.decode()
    assert bytes(_streams(where)[0].sealed) != bytes(stream.sealed)


def test_a_workspace_sees_its_own_streams_and_the_organization_all(
    where: WorkspaceRef, mara: Client
) -> None:
    whole = _made(where, mara, name="Whole")
    narrow = _made(where, mara, HERE, name="Narrow")

    assert narrow.workspace == where.public_id
    page = mara.get(HERE).content.decode()
    assert "Narrow" in page
    assert "Whole" not in page
    assert mara.get(f"{HERE}{whole.public_id}/").status_code == 404
    assert mara.post(f"{HERE}{whole.public_id}/start/").status_code == 404
    assert "Narrow" in mara.get(LIST).content.decode()


def test_who_may_not_see_the_log_is_refused_and_a_stranger_finds_nothing(
    where: WorkspaceRef, mara: Client
) -> None:
    stream = _made(where, mara, HERE)
    admin, stranger = (
        cast.admin(where).client(),
        cast.person(cast.elsewhere(), "sol.ortega@brennan.example").client(),
    )

    for url in (HERE, f"{HERE}{stream.public_id}/", f"{HERE}add/webhook/"):
        assert admin.get(url).status_code == 403
        assert stranger.get(url).status_code == 404
    assert admin.post(f"{HERE}{stream.public_id}/start/").status_code == 403
    assert stranger.post(f"{HERE}{stream.public_id}/start/").status_code == 404
    assert _streams(where)[0].state == "paused"


def test_an_organization_has_a_largest_number_of_streams(
    where: WorkspaceRef, mara: Client
) -> None:
    for number in range(services.MOST):
        _made(where, mara, name=f"Stream {number}")

    answer = mara.post(f"{LIST}add/webhook/", FORM)

    assert answer.status_code == 422
    assert "at most 20 streams" in answer.content.decode()


def test_the_number_of_queries_does_not_grow_with_the_list(
    where: WorkspaceRef, mara: Client
) -> None:
    for number in range(5):
        _made(where, mara, name=f"Stream {number}")
    mara.get(LIST)

    with CaptureQueriesContext(connection) as queries:
        mara.get(LIST)

    assert len(queries) <= BUDGET


def test_a_failure_and_a_late_stream_say_so_in_plain_words(
    where: WorkspaceRef, mara: Client, seal: Callable[[], int]
) -> None:
    stream = _made(where, mara, start_at="beginning")
    mara.post(f"{LIST}{stream.public_id}/start/")
    seal()
    with scoping.organization(organization_id=where.organization.id):
        AuditStream.objects.update(
            started_at=AT - timedelta(hours=2),
            failures=3,
            failing_since=AT - timedelta(hours=2),
            last_error="siem.halden.example asks for more time (429).",
            due_at=AT + timedelta(minutes=4),
        )

    page = mara.get(f"{LIST}{stream.public_id}/").content.decode()

    assert "asks for more time (429)" in page
    assert "3 attempts failed in a row" in page


def test_only_those_who_may_stream_make_one(where: WorkspaceRef) -> None:
    with scoping.organization(organization_id=where.organization.id):
        log = log_of(organization_id=where.organization.id)
    asked = Asked(name="X", format=Format.NATIVE, settings={"url": "https://a.example"})

    with pytest.raises(Exception, match="not part of your role"):
        services.create(
            actor=cast.member(where).actor,
            log=log,
            workspace=None,
            kind=Kind.WEBHOOK,
            asked=asked,
            start_at=Start.NOW,
            at=AT,
        )
