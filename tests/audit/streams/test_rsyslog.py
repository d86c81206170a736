"""rsyslog takes the stream over TLS."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from audit.streams.kinds import Kind
from tests.audit.conftest import Tenant
from tests.audit.streams.authorities import Authority
from tests.audit.streams.conftest import started, turn
from tests.audit.streams.rsyslogs import Rsyslog

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
Seal = Callable[[], int]


@pytest.mark.parametrize(
    ("driver", "ending"), [("gtls", "plain"), ("ossl", "answered")]
)
def test_it_writes_every_entry_in_order_also_after_it_was_down(
    halden: Tenant,
    authority: Authority,
    seal: Seal,
    settings: Any,
    tmp_path: Path,
    driver: str,
    ending: str,
) -> None:
    settings.CUSTOS_OUTBOUND_ALLOW_PRIVATE = True
    server = Rsyslog(authority=authority, folder=tmp_path, driver=driver, ending=ending)
    made = started(halden, Kind.SYSLOG, server.settings)
    sealed = seal()
    with server.running():
        assert turn(made.stream).last_error == ""
    halden.record(reason="Ablösung “Süd”")
    sealed += seal()
    assert turn(made.stream).failures == 1

    with server.running():
        stream = turn(made.stream)

    assert (stream.last_error, stream.cursor) == ("", (1, sealed - 1))
    assert server.arrived() == [(1, index) for index in range(sealed)]
    *_rest, checkpoint = server.messages
    assert checkpoint.named["checkpoint"]


def test_gtls_does_not_answer_the_end_and_the_page_says_so(
    halden: Tenant, authority: Authority, seal: Seal, settings: Any, tmp_path: Path
) -> None:
    settings.CUSTOS_OUTBOUND_ALLOW_PRIVATE = True
    server = Rsyslog(authority=authority, folder=tmp_path, driver="gtls")
    made = started(halden, Kind.SYSLOG, server.settings)
    seal()

    with server.running():
        stream = turn(made.stream)

    assert "did not answer the end of the connection" in stream.last_error
    assert stream.cursor == (1, -1)
