"""Erasures of people from a log."""

import uuid

from django.db import migrations, models

from kit.rowsecurity import By, enable


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0006_incidents"),
    ]

    operations = [
        migrations.CreateModel(
            name="AuditErasure",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("organization_id", models.BigIntegerField()),
                ("public_id", models.UUIDField(default=uuid.uuid4, unique=True)),
                (
                    "state",
                    models.CharField(
                        choices=[("due", "Due"), ("held", "Held"), ("done", "Done")],
                        default="due",
                        max_length=10,
                    ),
                ),
                ("sealed", models.BinaryField(null=True)),
                ("until_id", models.BigIntegerField()),
                ("position", models.BigIntegerField(default=0)),
                ("acted_n", models.PositiveBigIntegerField(default=0)),
                ("mentioned_n", models.PositiveBigIntegerField(default=0)),
                ("requested_at", models.DateTimeField()),
                ("due_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "audit_erasure",
                "indexes": [
                    models.Index(
                        condition=models.Q(("ended_at__isnull", True)),
                        fields=["due_at", "id"],
                        name="audit_erasure_due",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("ended_at__isnull", False),
                                ("sealed__isnull", True),
                                ("state", "done"),
                            ),
                            models.Q(
                                ("ended_at__isnull", True),
                                ("sealed__isnull", False),
                                ("state__in", ["due", "held"]),
                            ),
                            _connector="OR",
                        ),
                        name="audit_erasure_forgets_whom",
                    )
                ],
            },
        ),
        enable(
            "audit_erasure",
            by=By.ORGANIZATION,
            app=("select", "insert"),
            sweeper=("select", "update"),
        ),
    ]
