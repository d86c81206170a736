"""Erasing a person renames a stream that is called after them."""

from django.conf import settings
from django.db import migrations

_SWEEPER = settings.DATABASE_ROLES["sweeper"]
_FORWARD = [
    f"create policy sweeper_all on audit_stream to {_SWEEPER}"
    " using (true) with check (true)",
    "grant select (id, organization_id, name, kind), update (name) on audit_stream"
    f" to {_SWEEPER}",
]
_BACK = [
    "drop policy sweeper_all on audit_stream",
    f"revoke all on audit_stream from {_SWEEPER}",
]


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0022_gaps_and_owners"),
    ]

    operations = [migrations.RunSQL(_FORWARD, _BACK)]
