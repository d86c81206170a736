"""An index for what each sweep has doomed: the tombstones of all others stay."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("retention", "0002_guards")]

    operations = [
        migrations.AddIndex(
            model_name="doom",
            index=models.Index(fields=["sweep", "kind"], name="doom_of_sweep"),
        ),
    ]
