"""Lets the sweeper see when members left: chats of theirs expire some time after."""

from django.conf import settings
from django.db import migrations

_SWEEPER = settings.DATABASE_ROLES["sweeper"]
_REPORT = "workspaces_offboardingreport"
_COLUMNS = "workspace_id, membership_id, departure, created_at"


class Migration(migrations.Migration):
    dependencies = [
        ("retention", "0018_keys_of_a_slice"),
        ("workspaces", "0027_join_requests"),
    ]

    operations = [
        migrations.RunSQL(
            f"grant select ({_COLUMNS}) on {_REPORT} to {_SWEEPER};"
            f"create policy sweeper_reads on {_REPORT} for select to {_SWEEPER}"
            " using (true)",
            f"drop policy sweeper_reads on {_REPORT};"  # noqa: S608
            f"revoke select ({_COLUMNS}) on {_REPORT} from {_SWEEPER}",
        ),
    ]
