"""Memories and files of projects by age, as policies of their kinds let them go."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("workspaces", "0030_usage")]

    operations = [
        migrations.AddIndex(
            model_name="memory",
            index=models.Index(
                fields=["workspace", "created_at"], name="memory_by_age"
            ),
        ),
        migrations.AddIndex(
            model_name="projectfile",
            index=models.Index(
                fields=["workspace", "created_at"], name="projectfile_by_age"
            ),
        ),
    ]
