"""A bucket holds every entry once, whatever is killed, sent twice or replayed."""

import hashlib
import os
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from audit.streams import rules, selectors, services
from audit.streams.destinations import contract
from audit.streams.kinds import Format, Kind
from audit.streams.models import AuditStream
from audit.streams.services import delivering
from kit import scoping
from kit.outbound import Client, Response
from tests.audit.conftest import AT, MARA, Tenant
from tests.audit.streams import s3_server, sigv4
from tests.audit.streams.authorities import Authority
from tests.audit.streams.buckets import Bucket
from tests.audit.streams.conftest import log, make, started, turn
from tests.audit.streams.receivers import Receiver

pytestmark = pytest.mark.django_db(transaction=True)
Seal = Callable[[], int]


@pytest.fixture(scope="module")
def server(
    authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Bucket]:
    folder = tmp_path_factory.mktemp("s3")
    with Bucket(authority=authority, folder=folder).running() as found:
        yield found


@pytest.fixture
def bucket(server: Bucket, settings: Any) -> Iterator[Bucket]:
    """The server with an empty bucket."""
    settings.CUSTOS_OUTBOUND_ALLOW_PRIVATE = True
    yield server
    for name in server.objects():
        server.client.delete_object(Bucket=s3_server.BUCKET, Key=name)
    os.truncate(server.journal, 0)


def _all(sealed: int) -> list[tuple[int, int]]:
    return [(1, index) for index in range(sealed)]


def test_each_block_is_an_object_that_ends_with_its_checkpoint(
    halden: Tenant, bucket: Bucket, seal: Seal
) -> None:
    made = started(halden, Kind.S3, bucket.settings)
    first = seal()
    for _ in range(3):
        halden.record()
    sealed = first + seal()

    stream = turn(made.stream)

    assert (stream.last_error, stream.cursor) == ("", (1, sealed - 1))
    assert stream.sent == sealed
    folder = f"custos/log/{log(halden).uuid}/{stream.public_id}/000001"
    found = bucket.objects()
    assert list(found) == [
        f"{folder}/{0:016d}-{first - 1:016d}.jsonl",
        f"{folder}/{first:016d}-{sealed - 1:016d}.jsonl",
    ]
    assert bucket.places() == _all(sealed)
    *_entries, end = list(found.values())[-1]
    assert end["checkpoint"].startswith(f"{log(halden).origin}/1\n{sealed}\n")
    assert end["after"] == {"epoch": 1, "index": first - 1}
    assert end["through"] == {"epoch": 1, "index": sealed - 1}


def test_what_was_stored_but_not_confirmed_overwrites_itself(
    halden: Tenant, bucket: Bucket, seal: Seal, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = started(halden, Kind.S3, bucket.settings)
    sealed = seal()
    with monkeypatch.context() as killed:
        killed.setattr(delivering, "_advance", _killed)
        with pytest.raises(KeyboardInterrupt):
            turn(made.stream)
    halden.record()
    sealed += seal()
    with scoping.organization(organization_id=halden.id):
        AuditStream.objects.update(leased_until=None)

    turn(made.stream)

    (first, again, last) = bucket.puts()
    assert first == again
    assert last[0] != first[0]
    assert bucket.places() == _all(sealed)


def _killed(*_: Any, **__: Any) -> None:
    raise KeyboardInterrupt


def test_a_replay_from_the_middle_of_a_block_overwrites_whole_objects(
    halden: Tenant,
    bucket: Bucket,
    seal: Seal,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(selectors, "PART", 4)
    made = started(halden, Kind.S3, bucket.settings)
    for _ in range(9):
        halden.record()
    sealed = seal()
    stream = turn(made.stream)
    before = bucket.puts()
    services.replay(actor=MARA, log=log(halden), stream=stream, first=(1, 6), at=AT)

    stream = turn(stream)

    assert len(before) == -(-sealed // 4)
    assert bucket.puts() == before + before[1:]
    assert bucket.places() == _all(sealed)
    assert stream.cursor == (1, sealed - 1)


def test_a_block_without_what_the_filter_asks_for_leaves_no_object(
    halden: Tenant, bucket: Bucket, seal: Seal
) -> None:
    seal()
    made = started(
        halden, Kind.S3, bucket.settings, query="action:retention.policy.set"
    )
    seal()
    halden.record()
    seal()
    halden.record("workspaces.member.removed")
    seal()

    stream = turn(made.stream)

    ((told, _end),) = bucket.objects().values()
    assert told["action"] == "retention.policy.set"
    assert selectors.next_batch(stream=stream, log=log(halden), at=AT) is None


def test_ocsf_comes_as_json_lines_too(
    halden: Tenant, bucket: Bucket, seal: Seal
) -> None:
    made = started(halden, Kind.S3, bucket.settings, form=Format.OCSF)
    seal()

    turn(made.stream)

    (lines,) = bucket.objects().values()
    assert lines[0]["metadata"]["version"] == "1.8.0"
    assert "checkpoint" in lines[-1]


def test_a_test_event_is_an_object_that_the_next_one_overwrites(
    halden: Tenant, bucket: Bucket
) -> None:
    made = make(halden, Kind.S3, bucket.settings)
    for _ in range(2):
        services.ask_test(actor=MARA, stream=made.stream, at=AT)
        stream = turn(made.stream)

    ((name, (told,)),) = bucket.objects().items()
    assert name.endswith(f"{stream.public_id}/test.jsonl")
    assert told["message"] == "Custos can reach you."
    assert (stream.tested_at, stream.test_error) == (AT, "")


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (
            {"secret_key": "another-secret-key"},
            "The secret does not belong to the access key for the bucket"
            " “halden-audit” (403). Enter both again.",
        ),
        (
            {"key_id": "AKIAUNKNOWN"},
            "localhost does not know the access key for the bucket “halden-audit”"
            " (403). Enter its ID and secret again.",
        ),
        (
            {"bucket": "no-such-bucket"},
            "localhost has no bucket “no-such-bucket” (404). Create it there, or check"
            " its name.",
        ),
    ],
    ids=["secret", "key", "bucket"],
)
def test_a_wrong_setting_says_which_and_what_comes_after_is_whole(
    halden: Tenant,
    bucket: Bucket,
    seal: Seal,
    caplog: pytest.LogCaptureFixture,
    wrong: dict[str, str],
    sentence: str,
) -> None:
    caplog.set_level("DEBUG")
    made = started(halden, Kind.S3, bucket.settings | wrong)
    sealed = seal()

    refused = turn(made.stream)

    assert refused.last_error == sentence
    assert refused.cursor == (1, -1)
    asked = services.Asked(name="S", format=Format.NATIVE, settings=bucket.settings)
    services.change(actor=MARA, log=log(halden), stream=refused, asked=asked, at=AT)
    turn(refused)
    assert bucket.places()[:sealed] == _all(sealed)
    for secret in (s3_server.SECRET_KEY, "another-secret-key"):
        assert secret not in caplog.text


@pytest.mark.parametrize(
    ("status", "body", "sentence"),
    [
        (403, b"<Code>AccessDenied</Code>", "may not write into the bucket “b-1” (403"),
        (403, b"", "may not write into the bucket “b-1” (403)"),
        (404, b"", "localhost has no bucket “b-1” (404)"),
        (301, b"<Code>PermanentRedirect</Code>", "“b-1” lies in another region (301)"),
        (400, b"<Code>AuthorizationHeaderMalformed</Code>", "in another region (400)"),
        (403, b"<Code>RequestTimeTooSkewed</Code>", "clock of Custos is not that of"),
        (503, b"<Code>SlowDown</Code>", "answered with status 503 for the bucket"),
        (500, b"<", "answered with status 500 for the bucket “b-1”"),
        (200, b"<html>", "answered, but not as S3 confirms an object"),
        (204, b"", "answered with status 204"),
    ],
    ids=range(10),
)
def test_a_refusal_names_the_bucket_moves_nothing_and_is_tried_again(
    halden: Tenant,
    receiver: Receiver,
    authority: Authority,
    seal: Seal,
    status: int,
    body: bytes,
    sentence: str,
) -> None:
    made = started(halden, Kind.S3, _places(receiver, authority))
    seal()
    receiver.answer = lambda _asked: (status, body)

    stream = turn(made.stream)

    assert sentence in stream.last_error
    assert (stream.cursor, stream.failures) == ((1, -1), 1)
    assert AT < stream.due_at <= AT + rules.FIRST_DELAY


def test_a_server_that_does_not_answer_in_time_is_tried_again(
    halden: Tenant,
    receiver: Receiver,
    authority: Authority,
    seal: Seal,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(contract, "_SECONDS", 0.3)
    made = started(halden, Kind.S3, _places(receiver, authority))
    seal()
    done = threading.Event()
    receiver.answer = lambda _asked: (200 if done.wait(20) else 500, b"")

    stream = turn(made.stream)
    done.set()

    assert stream.last_error.startswith("Nothing arrived: localhost took too long")
    assert stream.cursor == (1, -1)


def test_a_private_address_is_refused_unless_the_operator_allows_it(
    halden: Tenant, receiver: Receiver, authority: Authority, seal: Seal, settings: Any
) -> None:
    made = started(halden, Kind.S3, _places(receiver, authority))
    seal()
    settings.CUSTOS_OUTBOUND_ALLOW_PRIVATE = False

    assert "off limits" in turn(made.stream).last_error
    assert receiver.tried == 0


def _places(receiver: Receiver, authority: Authority) -> dict[str, str]:
    return {
        "url": receiver.url,
        "region": "eu-central-1",
        "bucket": "b-1",
        "key_id": s3_server.KEY_ID,
        "secret_key": s3_server.SECRET_KEY,
        "authority": authority.pem,
    }


@pytest.mark.parametrize(
    ("told", "begin", "host"),
    [
        ({}, "https://b-1.s3.eu-central-1.amazonaws.com/", "s3.eu-central-1."),
        (
            {"bucket": "b.1"},
            "https://s3.eu-central-1.amazonaws.com/b.1/",
            "s3.eu-central-1.",
        ),
        (
            {"url": "https://MinIO.example:443/in/", "prefix": "a/b/"},
            "https://minio.example/in/b-1/a/b/",
            "minio.example",
        ),
        (
            {"url": "https://[2001:4860:4860::9000]:9000"},
            "https://[2001:4860:4860::9000]:9000/b-1/",
            "2001:4860:4860::9000",
        ),
    ],
    ids=range(4),
)
def test_the_bucket_is_in_the_host_of_aws_and_in_the_path_elsewhere(
    halden: Tenant,
    seal: Seal,
    monkeypatch: pytest.MonkeyPatch,
    told: dict[str, str],
    begin: str,
    host: str,
) -> None:
    urls = []

    def put(_client: Client, url: str, **_: Any) -> Response:
        urls.append(url)
        return Response(status=200, headers={"etag": "x"}, body=b"", url=url)

    monkeypatch.setattr(Client, "put", put)
    settings = {
        "region": "eu-central-1",
        "bucket": "b-1",
        "key_id": "key",
        "secret_key": "x",
    }
    made = started(halden, Kind.S3, settings | told)
    seal()

    stream = turn(made.stream)

    assert urls[0].startswith(f"{begin}{log(halden).uuid}/{stream.public_id}/")
    assert stream.host.startswith(host)


def test_what_checks_signatures_here_agrees_with_the_examples_of_aws() -> None:
    """From AWS's "Signature Calculations for the Authorization Header"."""
    common = {
        "host": "examplebucket.s3.amazonaws.com",
        "x-amz-date": "20130524T000000Z",
    }
    scope = f"{s3_server.KEY_ID}/20130524/us-east-1/s3/aws4_request"
    read = common | {
        "range": "bytes=0-9",
        "x-amz-content-sha256": hashlib.sha256(b"").hexdigest(),
        "authorization": f"AWS4-HMAC-SHA256 Credential={scope},"
        "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,Signature="
        "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
    }
    body = b"Welcome to Amazon S3."
    write = common | {
        "date": "Fri, 24 May 2013 00:00:00 GMT",
        "x-amz-storage-class": "REDUCED_REDUNDANCY",
        "x-amz-content-sha256": hashlib.sha256(body).hexdigest(),
        "authorization": f"AWS4-HMAC-SHA256 Credential={scope},SignedHeaders="
        "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class,Signature="
        "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
    }

    assert _fault("GET", "/test.txt", read, b"") == ""
    assert _fault("PUT", "/test%24file.text", write, body) == ""
    assert _fault("GET", "/other.txt", read, b"") == "SignatureDoesNotMatch"


def _fault(method: str, path: str, headers: dict[str, str], body: bytes) -> str:
    return sigv4.fault(
        method=method,
        path=path,
        query="",
        headers=headers,
        body=body,
        keys={s3_server.KEY_ID: s3_server.SECRET_KEY},
    )
