"""The pages of exports: ask, watch, download."""

from collections.abc import Iterator

import pytest
from django.test import Client

from audit.exports import services
from audit.exports.models import AuditExport
from audit.log import sequencer
from kit import clock, scoping
from tests import cast
from tests.cast import NOON
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = pytest.mark.django_db(transaction=True)

ORGANIZATION = "/o/halden-instruments/audit/exports/"
WORKSPACE = "/w/halden-engineering/audit/exports/"


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with clock.fixed_at(NOON):
        yield


@pytest.fixture
def where() -> WorkspaceRef:
    return cast.workspace()


@pytest.fixture
def owner(where: WorkspaceRef) -> Client:
    return cast.owner(where).client()


def _made(where: WorkspaceRef) -> AuditExport:
    sequencer.seal(at=NOON)
    services.work_due(clock=lambda: NOON)
    with scoping.organization(organization_id=where.organization.id):
        return AuditExport.objects.latest("id")


def test_the_list_teaches_while_it_is_empty(owner: Client) -> None:
    for url in (ORGANIZATION, WORKSPACE):
        assert "No exports yet" in owner.get(url).content.decode()


def test_an_export_is_asked_for_made_and_downloaded(
    owner: Client, where: WorkspaceRef
) -> None:
    answer = owner.post(ORGANIZATION, {"form": "jsonl", "query": ""}, follow=True)
    assert "Waiting" in answer.content.decode()
    row = _made(where)

    page = owner.get(ORGANIZATION).content.decode()
    answer = owner.get(f"{ORGANIZATION}{row.public_id}/")

    assert "Ready" in page
    assert f"{ORGANIZATION}{row.public_id}/" in page
    body = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    assert answer["Content-Disposition"].startswith('attachment; filename="audit-')
    assert len(body) == int(answer["Content-Length"])
    assert b"audit.export.requested" in body


def test_each_download_is_recorded(owner: Client, where: WorkspaceRef) -> None:
    owner.post(WORKSPACE, {"form": "csv", "query": ""})
    row = _made(where)
    owner.get(f"{WORKSPACE}{row.public_id}/").getvalue()
    sequencer.seal(at=NOON)

    page = owner.get("/o/halden-instruments/audit/").content.decode()

    assert "Downloaded an export of the audit log" in page


def test_a_workspace_offers_only_its_own(owner: Client, where: WorkspaceRef) -> None:
    owner.post(ORGANIZATION, {"form": "jsonl", "query": ""})
    row = _made(where)

    assert owner.get(f"{WORKSPACE}{row.public_id}/").status_code == 404
    assert "No exports yet" in owner.get(WORKSPACE).content.decode()


def test_a_query_that_says_nothing_is_a_sentence(
    owner: Client, where: WorkspaceRef
) -> None:
    answer = owner.post(ORGANIZATION, {"form": "jsonl", "query": "colour:red"})

    assert answer.status_code == 422
    assert "At character" in answer.content.decode()
    with scoping.organization(organization_id=where.organization.id):
        assert not AuditExport.objects.exists()


def test_an_unknown_form_is_refused(owner: Client) -> None:
    assert owner.post(ORGANIZATION, {"form": "pdf"}).status_code == 422


def test_enough_exports_under_way_are_enough(owner: Client) -> None:
    for _ in range(5):
        owner.post(ORGANIZATION, {"form": "jsonl"})

    answer = owner.post(ORGANIZATION, {"form": "jsonl"})

    assert answer.status_code == 409
    assert "under way" in answer.content.decode()


def test_an_expired_export_is_no_file(owner: Client, where: WorkspaceRef) -> None:
    owner.post(ORGANIZATION, {"form": "jsonl"})
    row = _made(where)
    with scoping.organization(organization_id=where.organization.id):
        AuditExport.objects.update(state="expired", blob_id=None)

    assert owner.get(f"{ORGANIZATION}{row.public_id}/").status_code == 404
    assert "Expired" in owner.get(ORGANIZATION).content.decode()


def test_the_verifier_is_there_to_download(owner: Client) -> None:
    answer = owner.get(f"{ORGANIZATION}verifier/")

    assert b"def ed25519_verifies" in answer.content
    assert "custos-verify.py" in answer["Content-Disposition"]


def test_a_list_of_many_asks_no_more(
    owner: Client, where: WorkspaceRef, django_assert_max_num_queries: object
) -> None:
    owner.post(ORGANIZATION, {"form": "jsonl"})
    row = _made(where)
    with scoping.organization(organization_id=where.organization.id):
        values = AuditExport.objects.filter(pk=row.pk).values().get()
        for name in ("id", "public_id", "blob_id"):
            del values[name]
        values |= {"state": "expired"}
        AuditExport.objects.bulk_create(AuditExport(**values) for _ in range(60))
    with django_assert_max_num_queries(20):  # type: ignore[operator]
        page = owner.get(ORGANIZATION).content.decode()

    assert "Older 50" in page
