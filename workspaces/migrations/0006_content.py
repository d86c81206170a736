"""One import of a workspace runs at a time."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("workspaces", "0005_people")]

    operations = [
        migrations.AddConstraint(
            model_name="import",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "staging")),
                fields=("workspace",),
                name="import_one_at_a_time",
            ),
        ),
    ]
