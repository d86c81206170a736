"""The index by which entries about one kind of object are found."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0016_denials"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="auditfacet",
            index=models.Index(
                fields=["organization_id", "target_kind", "at", "epoch", "index"],
                name="audit_facet_by_object",
            ),
        ),
    ]
