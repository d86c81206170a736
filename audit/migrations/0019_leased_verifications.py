"""A verification whose worker died is taken up by another."""

from django.conf import settings
from django.db import migrations, models

_APP = settings.DATABASE_ROLES["app"]


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0018_pruning"),
    ]

    operations = [
        migrations.AddField(
            model_name="auditverification",
            name="leased_until",
            field=models.DateTimeField(null=True),
        ),
        # The app role writes named columns of this table only.
        migrations.RunSQL(
            f"grant insert (leased_until), update (leased_until) on audit_verification"
            f" to {_APP}",
            migrations.RunSQL.noop,
        ),
    ]
