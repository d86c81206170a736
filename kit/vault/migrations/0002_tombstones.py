"""Lets whoever compares a restored database read the newest tombstones first."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("vault", "0001_initial")]

    operations = [
        migrations.AddIndex(
            "vaultkey",
            models.Index(
                condition=models.Q(("destroyed_at__isnull", False)),
                fields=["destroyed_at", "id"],
                name="vault_key_tombstones",
            ),
        ),
    ]
