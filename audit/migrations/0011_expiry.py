"""For how long organizations keep details of entries, and how far their runs are."""

from django.db import migrations, models

from kit.rowsecurity import By, enable


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0010_streams"),
    ]

    operations = [
        migrations.CreateModel(
            name="AuditExpiry",
            fields=[
                (
                    "organization_id",
                    models.BigIntegerField(primary_key=True, serialize=False),
                ),
                ("days", models.IntegerField()),
                ("due_at", models.DateTimeField()),
                ("floor_at", models.DateTimeField(null=True)),
                ("until", models.DateTimeField(null=True)),
                ("at", models.DateTimeField(null=True)),
                ("epoch", models.IntegerField(default=0)),
                ("index", models.BigIntegerField(default=-1)),
                ("entries_n", models.BigIntegerField(default=0)),
                ("details_n", models.BigIntegerField(default=0)),
                ("kept_n", models.BigIntegerField(default=0)),
                ("kept_from", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "audit_expiry",
                "indexes": [models.Index(fields=["due_at"], name="audit_expiry_due")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("days__gte", 90), ("days__lte", 2557)),
                        name="audit_expiry_days_in_bounds",
                    )
                ],
            },
        ),
        enable(
            "audit_expiry",
            by=By.ORGANIZATION,
            app=("select", "insert", "update"),
            sweeper=("select", "insert", "update"),
        ),
    ]
