"""A receiver that tests start, and a stream that leads to it."""

import base64
import datetime as dt
import hmac
from collections.abc import Iterator
from typing import Any

import pytest

from audit.log.selectors import Log, log_of
from audit.streams import selectors, services
from audit.streams.kinds import Format, Kind
from audit.streams.models import AuditStream
from audit.streams.services import Asked, Start
from audit.streams.services.changing import Created
from kit import scoping
from tests.audit.conftest import AT, MARA, Tenant
from tests.audit.streams.authorities import Authority, make_authority
from tests.audit.streams.receivers import Receiver, Request


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def receiver(authority: Authority, settings: Any) -> Iterator[Receiver]:
    settings.CUSTOS_OUTBOUND_ALLOW_PRIVATE = True
    with Receiver(tls=authority.serving()).running() as found:
        yield found


def log(tenant: Tenant) -> Log:
    with scoping.organization(organization_id=tenant.id):
        return log_of(organization_id=tenant.id)


def make(
    tenant: Tenant,
    kind: Kind,
    settings: dict[str, str],
    *,
    start_at: Start = Start.BEGINNING,
    query: str = "",
    form: Format = Format.NATIVE,
    **more: Any,
) -> Created:
    return services.create(
        actor=MARA,
        log=log(tenant),
        workspace=more.get("workspace"),
        kind=kind,
        asked=Asked(name="SIEM", format=form, query=query, settings=settings),
        start_at=start_at,
        at=AT,
    )


def started(
    tenant: Tenant, kind: Kind, settings: dict[str, str], **more: Any
) -> Created:
    made = make(tenant, kind, settings, **more)
    services.start(actor=MARA, stream=made.stream, at=AT)
    return made


def fresh(stream: AuditStream) -> AuditStream:
    with scoping.organization(organization_id=stream.organization_id):
        return AuditStream.objects.get(pk=stream.pk)


def turn(stream: AuditStream, at: dt.datetime = AT) -> AuditStream:
    """One turn of a worker, whether it is due or not."""
    due = selectors.Due(id=stream.pk, organization_id=stream.organization_id)
    services.deliver_one(due=due, clock=lambda: at)
    return fresh(stream)


def is_signed(asked: Request, secret: str) -> bool:
    """Checks as the specification of Standard Webhooks says, ."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    head = f"{asked.headers['webhook-id']}.{asked.headers['webhook-timestamp']}."
    made = hmac.new(key, head.encode() + asked.body, "sha256").digest()
    return asked.headers["webhook-signature"] == "v1," + base64.b64encode(made).decode()
