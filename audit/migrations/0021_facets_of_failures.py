"""The index by which acts that were refused or failed are found and counted."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0020_erasure_beside_entries"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="auditfacet",
            index=models.Index(
                condition=models.Q(("outcome", "success"), _negated=True),
                fields=["organization_id", "outcome", "action", "at", "epoch", "index"],
                include=("actor_kind",),
                name="audit_facet_failed_acts",
            ),
        ),
    ]
