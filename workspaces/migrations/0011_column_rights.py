"""Lets the app change of stored content only what deleting and importing change.

With UPDATE on every column, a statement past the services could exchange the key of a
held conversation; the old one would then count as an orphan and be destroyed.
"""

from django.conf import settings
from django.db import migrations

from kit.rowsecurity import composite_key

_APP = settings.DATABASE_ROLES["app"]
_COLUMNS = "deleted_at, deleted_by, staged_by_id"


class Migration(migrations.Migration):
    dependencies = [("workspaces", "0010_session_reach")]

    operations = [
        migrations.RunSQL(
            f"revoke update on workspaces_conversation, workspaces_file from {_APP};"
            f"grant update ({_COLUMNS}) on workspaces_conversation to {_APP}",
            f"grant update on workspaces_conversation, workspaces_file to {_APP}",
        ),
        composite_key(
            "workspaces_job",
            columns="organization_id, workspace_id",
            parent="workspaces_workspace",
            to="organization_id, id",
        ),
    ]
