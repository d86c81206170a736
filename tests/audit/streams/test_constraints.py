"""What a stream's row can never say, whoever writes it."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError

from audit.streams.kinds import Kind
from audit.streams.models import AuditStream, AuditStreamSample
from kit import scoping
from tests.audit.conftest import AT, Tenant
from tests.audit.streams.conftest import make

pytestmark = pytest.mark.django_db(transaction=True)
HOOK = {"url": "https://siem.halden.example/", "mode": "batch"}


@pytest.mark.parametrize(
    ("constraint", "values"),
    [
        ("audit_stream_kind_known", {"kind": "pigeon"}),
        ("audit_stream_format_known", {"format": "verse"}),
        ("audit_stream_state_known", {"state": "asleep"}),
        ("audit_stream_cursor_is_a_place", {"cursor_index": -2}),
        ("audit_stream_cursor_is_a_place", {"sent": -1}),
        ("audit_stream_failure_is_whole", {"failures": 1}),
        ("audit_stream_failure_is_whole", {"last_error": "late"}),
        ("audit_stream_runs_since", {"state": "running"}),
        ("audit_stream_alarms_while_it_runs", {"alarmed_at": AT}),
    ],
)
def test_a_row_cannot_say(
    halden: Tenant, constraint: str, values: dict[str, Any]
) -> None:
    stream = make(halden, Kind.WEBHOOK, HOOK).stream

    with (
        pytest.raises(IntegrityError, match=constraint),
        scoping.organization(organization_id=halden.id),
    ):
        AuditStream.objects.filter(pk=stream.pk).update(**values)


def test_an_hour_counts_upwards_and_goes_with_its_stream(halden: Tenant) -> None:
    stream = make(halden, Kind.WEBHOOK, HOOK).stream
    hour = {"organization_id": halden.id, "stream_id": stream.pk, "hour": AT}

    with (
        pytest.raises(IntegrityError, match="audit_stream_sample_counts"),
        scoping.organization(organization_id=halden.id),
    ):
        AuditStreamSample.objects.create(**hour, behind=-1)
    with scoping.organization(organization_id=halden.id):
        AuditStreamSample.objects.create(**hour)
        AuditStream.objects.filter(pk=stream.pk).delete()
        assert AuditStreamSample.objects.count() == 0


def test_an_hour_belongs_to_a_stream_of_its_organization(
    halden: Tenant, brightwater: Tenant
) -> None:
    stream = make(halden, Kind.WEBHOOK, HOOK).stream

    with (
        pytest.raises(IntegrityError, match="audit_stream_sample_organization_id"),
        scoping.organization(organization_id=brightwater.id),
    ):
        AuditStreamSample.objects.create(
            organization_id=brightwater.id,
            stream_id=stream.pk,
            hour=AT + timedelta(hours=1),
        )
