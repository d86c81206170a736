"""Erasing a person reaches what lies beside the entries: incidents, views, exports."""

from django.conf import settings
from django.db import migrations

_SWEEPER = settings.DATABASE_ROLES["sweeper"]

# Tables that the sweeper did not see yet get its policy.
_SEEN = ("audit_incident", "audit_incident_step", "audit_denial")
_RIGHTS = {
    "audit_incident": "select, update (owner)",
    "audit_incident_step": "select, update (sealed)",
    "audit_saved_view": "delete",
    "audit_export": "update (expires_at)",
    "audit_denial": "select, delete",
}
_FORWARD = [
    f"create policy sweeper_all on {table} to {_SWEEPER} using (true) with check (true)"
    for table in _SEEN
] + [f"grant {rights} on {table} to {_SWEEPER}" for table, rights in _RIGHTS.items()]
_BACK = [f"drop policy sweeper_all on {table}" for table in _SEEN] + [
    f"revoke {rights} on {table} from {_SWEEPER}" for table, rights in _RIGHTS.items()
]


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0019_leased_verifications"),
    ]

    operations = [migrations.RunSQL(_FORWARD, _BACK)]
