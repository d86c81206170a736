"""Requests to join a workspace, and their row-level security."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from kit.rowsecurity import enable


class Migration(migrations.Migration):
    dependencies = [("workspaces", "0026_settings")]

    operations = [
        migrations.AddField(
            model_name="workspace",
            name="takes_join_requests",
            field=models.BooleanField(default=False),
        ),
        migrations.CreateModel(
            name="JoinRequest",
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
                ("public_id", models.UUIDField(default=uuid.uuid4, unique=True)),
                ("email", models.CharField(db_collation="C", max_length=254)),
                ("name", models.CharField(blank=True, default="", max_length=200)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("pending", "Pending"),
                            ("approved", "Approved"),
                            ("refused", "Refused"),
                        ],
                        default="pending",
                        max_length=10,
                    ),
                ),
                ("created_at", models.DateTimeField()),
                ("decided_at", models.DateTimeField(null=True)),
                ("decided_by", models.CharField(blank=True, default="", max_length=64)),
                ("reason", models.CharField(blank=True, default="", max_length=500)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "workspace",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        to="workspaces.workspace",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["workspace", "state", "created_at", "id"],
                        name="join_request_newest",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "pending")),
                        fields=("workspace", "user"),
                        name="join_request_pending_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["pending", "approved", "refused"])
                        ),
                        name="join_request_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("decided_at__isnull", True),
                                ("decided_by", ""),
                                ("state", "pending"),
                            ),
                            models.Q(
                                ("decided_at__isnull", False),
                                ("state__in", ["approved", "refused"]),
                                models.Q(("decided_by", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="join_request_decided_by_somebody",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("reason", ""), ("state", "refused"), _negated=True
                        ),
                        name="join_request_refused_with_reason",
                    ),
                ],
            },
        ),
        enable("workspaces_joinrequest", sweeper=()),
    ]
