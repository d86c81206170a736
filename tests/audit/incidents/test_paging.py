"""Contacts are paged in their order until somebody acknowledges the incident."""

import base64
import hmac
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError

from audit.incidents import selectors, services
from audit.incidents.models import Act, AuditIncident, AuditPageCall, AuditRota
from audit.incidents.rules import ROUNDS
from audit.incidents.services import calling
from audit.log.models import AuditEntry
from audit.log.selectors import Log, log_of
from kit import scoping
from kit.outbound import OutboundFailed
from tests import cast
from tests.audit.incidents.test_pages import opened
from tests.cast import NOON, Person
from workspaces.members.models import User
from workspaces.notices import services as outbox
from workspaces.notices.models import Notice
from workspaces.tenancy.models import OrganizationAdministrator
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = pytest.mark.django_db(transaction=True)

MARA = "mara.lindqvist@halden.example"
TOMASZ = "tomasz.wrona@halden.example"
URL = "https://hooks.halden.example/secret-path"


@pytest.fixture
def where() -> WorkspaceRef:
    return cast.workspace()


@pytest.fixture
def mara(where: WorkspaceRef) -> Person:
    return cast.owner(where)


@pytest.fixture
def tomasz(where: WorkspaceRef) -> Person:
    """An admin of the workspace, and of the organization."""
    found = cast.admin(where)
    with scoping.organization(organization_id=where.organization.id):
        OrganizationAdministrator.objects.create(
            organization_id=where.organization.id,
            user=found.user,
            role="admin",
            created_at=NOON,
        )
    return found


@pytest.fixture
def log(where: WorkspaceRef) -> Log:
    with scoping.organization(organization_id=where.organization.id):
        return log_of(organization_id=where.organization.id)


@pytest.fixture
def rota(mara: Person, tomasz: Person, log: Log) -> None:
    contacts = [mara.user.public_id, tomasz.user.public_id]
    services.set_rota(
        actor=cast.OPERATOR, log=log, contacts=contacts, minutes=15, at=NOON
    )


class Hook:
    """Takes what is posted, or refuses it."""

    def __init__(self, status: int = 200) -> None:
        self.status = status
        self.taken: list[tuple[str, bytes, Mapping[str, str]]] = []

    def post(self, url: str, *, body: bytes, headers: Mapping[str, str]) -> Any:
        if self.status == 0:
            raise OutboundFailed("hooks.halden.example does not answer.")
        self.taken.append((url, body, headers))
        return SimpleNamespace(status=self.status)


def minutes(n: float) -> datetime:
    return NOON + timedelta(minutes=n)


def paged(where: WorkspaceRef) -> list[str]:
    """Who was written to, in order."""
    with scoping.organization(organization_id=where.organization.id):
        rows = Notice.objects.filter(kind="incident.page").order_by("id")
        return list(rows.values_list("email", flat=True))


def calls(where: WorkspaceRef) -> list[AuditPageCall]:
    with scoping.organization(organization_id=where.organization.id):
        return list(AuditPageCall.objects.order_by("id"))


def recorded(where: WorkspaceRef, action: str) -> list[dict[str, Any]]:
    """The leaves of one action, oldest first."""
    with scoping.organization(organization_id=where.organization.id):
        rows = AuditEntry.objects.order_by("id")
        leaves = [json.loads(bytes(row.leaf)) for row in rows]
    return [leaf for leaf in leaves if leaf["action"] == action]


@pytest.mark.usefixtures("rota")
def test_the_first_is_paged_at_once_and_the_next_ones_after_them(
    where: WorkspaceRef,
) -> None:
    opened(where)

    for n in (0, 1, 14, 15, 29, 30):
        services.page_due(at=minutes(n))

    assert paged(where) == [MARA, TOMASZ, MARA]
    steps = [leaf["counts"]["step"] for leaf in recorded(where, "audit.incident.paged")]
    assert steps == [1, 2, 3]


@pytest.mark.usefixtures("rota")
def test_a_mail_says_kind_and_severity_and_leads_to_the_incident(
    where: WorkspaceRef, mara: Person
) -> None:
    incident = opened(where)
    services.page_due(at=NOON)

    with scoping.organization(organization_id=where.organization.id):
        sent = Notice.objects.get(kind="incident.page")
    path = f"/o/{where.organization.slug}/audit/incidents/{incident.public_id}/"
    assert sent.subject == "Incident: Something became public (medium)"
    assert path in sent.text
    assert str(incident.subject) not in sent.text.replace(path, "")
    assert outbox.send_due(at=NOON) >= 1
    assert mara.client().get(path).status_code == 200


@pytest.mark.usefixtures("rota")
def test_whoever_acknowledges_ends_it(where: WorkspaceRef, log: Log) -> None:
    incident = opened(where)
    services.page_due(at=NOON)
    services.acknowledge(actor=cast.OPERATOR, log=log, incident=incident, at=minutes(1))

    assert services.page_due(at=minutes(60)) == 0
    assert paged(where) == [MARA]
    with scoping.organization(organization_id=where.organization.id):
        acts = [step.act for step in selectors.timeline(incident=incident)]
    assert acts == [Act.SEEN, Act.PAGED, Act.ACKNOWLEDGED]


@pytest.mark.usefixtures("rota")
def test_after_five_rounds_it_goes_on_slowly_until_somebody_acknowledges(
    where: WorkspaceRef, log: Log
) -> None:
    incident = opened(where)
    for n in range(2 * ROUNDS):
        services.page_due(at=minutes(15 * n))
    last = 15 * (2 * ROUNDS - 1)
    assert len(paged(where)) == 2 * ROUNDS

    assert services.page_due(at=minutes(last + 359)) == 0
    for hours in (6, 12, 18):
        assert services.page_due(at=minutes(last + 60 * hours)) == 1

    assert paged(where)[2 * ROUNDS :] == [MARA, TOMASZ, MARA]
    services.acknowledge(
        actor=cast.OPERATOR, log=log, incident=incident, at=minutes(last + 1_100)
    )
    assert services.page_due(at=minutes(100_000)) == 0


@pytest.mark.usefixtures("rota")
def test_while_nobody_can_be_reached_it_looks_again_at_each_turn(
    where: WorkspaceRef,
) -> None:
    opened(where)
    User.objects.update(is_active=False)
    for n in range(3 * ROUNDS):
        assert services.page_due(at=minutes(15 * n)) == 0

    User.objects.update(is_active=True)

    assert services.page_due(at=minutes(15 * 3 * ROUNDS)) == 1
    assert paged(where) == [MARA]


def test_without_a_rota_the_owners_are_paged_and_admins_are_not(
    where: WorkspaceRef, mara: Person, tomasz: Person
) -> None:
    opened(where)

    assert services.page_due(at=NOON) == 1
    assert services.page_due(at=minutes(16)) == 1
    with scoping.organization(organization_id=where.organization.id):
        emails = set(Notice.objects.values_list("email", flat=True))
    assert emails == {mara.user.email}
    assert tomasz.user.email not in emails


@pytest.mark.usefixtures("rota")
def test_who_has_left_is_passed_over_at_once(where: WorkspaceRef) -> None:
    opened(where)
    User.objects.filter(email=MARA).update(is_active=False)
    services.page_due(at=NOON)
    with scoping.organization(organization_id=where.organization.id):
        OrganizationAdministrator.objects.filter(user__email=TOMASZ).delete()
    services.page_due(at=minutes(15))

    assert paged(where) == [TOMASZ]


@pytest.mark.usefixtures("rota")
def test_killed_before_its_commit_a_worker_has_paged_nobody_and_pages_again(
    where: WorkspaceRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(where)

    def killed(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(AuditIncident, "save", killed)
        with pytest.raises(KeyboardInterrupt):
            services.page_due(at=NOON)
    assert paged(where) == []
    assert recorded(where, "audit.incident.paged") == []

    services.page_due(at=NOON)
    services.page_due(at=NOON)

    assert paged(where) == [MARA]


@pytest.mark.usefixtures("rota")
def test_another_organization_is_not_paged(where: WorkspaceRef) -> None:
    elsewhere = cast.elsewhere()
    opened(elsewhere)

    services.page_due(at=NOON)

    assert paged(where) == []
    assert paged(elsewhere) == ["sol.ortega@brennan.example"]


@pytest.mark.usefixtures("rota")
def test_the_webhook_is_called_signed_with_each_page(
    where: WorkspaceRef, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook = Hook()
    monkeypatch.setattr(calling, "_CLIENT", hook)
    secret = services.set_webhook(actor=cast.OPERATOR, log=log, url=URL, at=NOON)
    incident = opened(where)
    services.page_due(at=NOON)

    assert services.call_due(at=NOON) == 1
    assert services.call_due(at=NOON) == 0

    ((url, body, headers),) = hook.taken
    head = f"{headers['webhook-id']}.{headers['webhook-timestamp']}."
    key = base64.b64decode(secret.removeprefix("whsec_"))
    made = hmac.new(key, head.encode() + body, "sha256").digest()
    assert url == URL
    assert headers["webhook-signature"] == "v1," + base64.b64encode(made).decode()
    data = json.loads(body)["data"]
    assert set(data) == {"incident", "kind", "severity", "opened_at", "step", "url"}
    assert data["incident"] == str(incident.public_id)
    assert (data["severity"], data["step"]) == ("medium", 1)


@pytest.mark.parametrize("status", [0, 503])
@pytest.mark.usefixtures("rota")
def test_a_webhook_that_refuses_is_tried_again_and_stops_no_mail(
    status: int, where: WorkspaceRef, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook = Hook(status)
    monkeypatch.setattr(calling, "_CLIENT", hook)
    services.set_webhook(actor=cast.OPERATOR, log=log, url=URL, at=NOON)
    opened(where)
    services.page_due(at=NOON)
    assert services.call_due(at=NOON) == 0
    services.page_due(at=minutes(15))

    assert paged(where) == [MARA, TOMASZ]
    first = calls(where)[0]
    assert (first.tries, first.due_at) == (1, minutes(1))

    hook.status = 200
    assert services.call_due(at=minutes(16)) == 2
    assert calls(where) == []


@pytest.mark.usefixtures("rota")
def test_a_webhook_that_never_answers_is_given_up_and_recorded(
    where: WorkspaceRef, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calling, "_CLIENT", Hook(0))
    services.set_webhook(actor=cast.OPERATOR, log=log, url=URL, at=NOON)
    opened(where)
    services.page_due(at=NOON)

    for n in range(12):
        services.call_due(at=minutes(1_000 * n))

    assert calls(where) == []
    (leaf,) = recorded(where, "audit.incident.webhook-called")
    assert (leaf["outcome"], leaf["counts"]["attempts"]) == ("error", 10)


@pytest.mark.usefixtures("rota")
def test_a_webhook_never_leads_into_our_own_network(
    where: WorkspaceRef, log: Log, settings: Any
) -> None:
    """Nor does one that was set while the operator allowed it."""
    settings.CUSTOS_OUTBOUND_ALLOW_PRIVATE = True
    services.set_webhook(
        actor=cast.OPERATOR, log=log, url="https://127.0.0.1/in", at=NOON
    )
    settings.CUSTOS_OUTBOUND_ALLOW_PRIVATE = False
    opened(where)
    services.page_due(at=NOON)

    assert services.call_due(at=NOON) == 0
    assert calls(where)[0].tries == 1


@pytest.mark.usefixtures("rota")
def test_killed_while_it_calls_a_worker_calls_again(
    where: WorkspaceRef, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook = Hook()
    monkeypatch.setattr(calling, "_CLIENT", hook)
    services.set_webhook(actor=cast.OPERATOR, log=log, url=URL, at=NOON)
    opened(where)
    services.page_due(at=NOON)

    def killed(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(AuditPageCall, "delete", killed)
        with pytest.raises(KeyboardInterrupt):
            services.call_due(at=NOON)
    services.call_due(at=NOON)

    ids = [headers["webhook-id"] for _url, _body, headers in hook.taken]
    assert len(ids) == 2
    assert len(set(ids)) == 1


@pytest.mark.usefixtures("rota")
def test_what_is_acknowledged_is_not_called_about(
    where: WorkspaceRef, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook = Hook()
    monkeypatch.setattr(calling, "_CLIENT", hook)
    services.set_webhook(actor=cast.OPERATOR, log=log, url=URL, at=NOON)
    incident = opened(where)
    services.page_due(at=NOON)
    services.acknowledge(actor=cast.OPERATOR, log=log, incident=incident, at=NOON)

    assert services.call_due(at=NOON) == 0
    assert hook.taken == []
    assert calls(where) == []


@pytest.mark.parametrize(
    ("constraint", "values"),
    [
        ("audit_rota_minutes_in_bounds", {"minutes": 0}),
        ("audit_rota_contacts_in_bounds", {"contacts": [UUID(int=1)] * 9}),
        ("audit_rota_webhook_is_whole", {"host": "hooks.halden.example"}),
    ],
)
@pytest.mark.usefixtures("rota")
def test_the_database_keeps_rotas_possible(
    constraint: str, values: dict[str, Any], where: WorkspaceRef
) -> None:
    with (
        pytest.raises(IntegrityError, match=constraint),
        scoping.organization(organization_id=where.organization.id),
    ):
        AuditRota.objects.update(**values)


def test_a_call_stands_once_for_each_step_and_in_its_organization(
    where: WorkspaceRef,
) -> None:
    incident = opened(where)
    other = cast.elsewhere()
    kept = {"incident_id": incident.pk, "step": 1, "due_at": NOON}
    mine = {"organization_id": where.organization.id, **kept}
    with (
        pytest.raises(IntegrityError, match="audit_page_call_once"),
        scoping.organization(organization_id=where.organization.id),
    ):
        AuditPageCall.objects.bulk_create([AuditPageCall(**mine) for _ in range(2)])
    with (
        pytest.raises(IntegrityError, match="audit_page_call_organization_id"),
        scoping.organization(organization_id=other.organization.id),
    ):
        AuditPageCall.objects.create(organization_id=other.organization.id, **kept)
