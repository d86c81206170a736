"""Lets the portal name another owner of a project, when its owner leaves."""

from django.conf import settings
from django.db import migrations

_APP = settings.DATABASE_ROLES["app"]


class Migration(migrations.Migration):
    dependencies = [("workspaces", "0028_grant_reviews")]

    operations = [
        migrations.RunSQL(
            f"grant update (owner_id) on workspaces_project to {_APP}",
            f"revoke update (owner_id) on workspaces_project from {_APP}",
        ),
    ]
