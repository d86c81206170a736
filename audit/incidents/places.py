"""The address of an incident in mail and calls, for those who run the organization."""

from django.conf import settings
from django.urls import reverse

from audit.incidents.models import AuditIncident
from audit.log.selectors import Log


def incident_url(log: Log, incident: AuditIncident) -> str:
    """Where an incident is acknowledged."""
    names = {"organization": log.slug, "incident": incident.public_id}
    path: str = reverse("audit:incident", kwargs=names)
    return f"{settings.CUSTOS_BASE_URL}{path}"
