"""Lists of a sweep's dooms hold its files alone: its keys are counted by slices."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("retention", "0021_erasure_from_log")]

    operations = [
        migrations.RemoveIndex(model_name="doom", name="doom_of_sweep"),
        migrations.AddIndex(
            model_name="doom",
            index=models.Index(
                fields=["sweep"],
                name="doom_blobs_of_sweep",
                condition=models.Q(kind="blob"),
            ),
        ),
    ]
