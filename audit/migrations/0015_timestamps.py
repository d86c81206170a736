"""What is timestamped of the installation's log, and below it each anchor."""

from django.conf import settings
from django.db import migrations, models

from kit.rowsecurity import By, enable

_APP, _SEQUENCER = (settings.DATABASE_ROLES[name] for name in ("app", "sequencer"))
_NEW = "stamped, stamped_proof, stamp, stamped_at"


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0014_stream_incidents"),
    ]

    operations = [
        migrations.CreateModel(
            name="AuditTimestamp",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "organization_id",
                        "epoch",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("organization_id", models.BigIntegerField()),
                ("epoch", models.IntegerField()),
                ("stamped_size", models.BigIntegerField(default=0)),
                ("note", models.TextField(default="")),
                ("stamp", models.BinaryField(null=True)),
                ("stamped_at", models.DateTimeField(null=True)),
                ("due_at", models.DateTimeField()),
                ("leased_until", models.DateTimeField(null=True)),
                ("fence", models.BigIntegerField(default=0)),
                ("failures", models.IntegerField(default=0)),
                ("failing_since", models.DateTimeField(null=True)),
                (
                    "problem",
                    models.TextField(
                        blank=True,
                        choices=[
                            ("unreachable", "Unreachable"),
                            ("not_granted", "Not Granted"),
                            ("bad_answer", "Bad Answer"),
                        ],
                        default="",
                    ),
                ),
            ],
            options={
                "db_table": "audit_timestamp",
            },
        ),
        migrations.AddField(
            model_name="auditanchor",
            name="stamp",
            field=models.BinaryField(null=True),
        ),
        migrations.AddField(
            model_name="auditanchor",
            name="stamped",
            field=models.TextField(default=""),
        ),
        migrations.AddField(
            model_name="auditanchor",
            name="stamped_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="auditanchor",
            name="stamped_proof",
            field=models.BinaryField(null=True),
        ),
        migrations.AddIndex(
            model_name="auditanchor",
            index=models.Index(
                condition=models.Q(
                    ("site_epoch__isnull", False), ("stamped_at__isnull", True)
                ),
                fields=["site_epoch", "entry_id"],
                name="audit_anchor_unstamped",
            ),
        ),
        migrations.AddConstraint(
            model_name="auditanchor",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("stamp", None),
                        ("stamped", ""),
                        ("stamped_at", None),
                        ("stamped_proof", None),
                    ),
                    models.Q(
                        ("index__isnull", False),
                        ("stamp__isnull", False),
                        ("stamped_at__isnull", False),
                        ("stamped_proof__isnull", False),
                        models.Q(("stamped", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="audit_anchor_stamped_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="audittimestamp",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("note", ""),
                        ("stamp", None),
                        ("stamped_at", None),
                        ("stamped_size", 0),
                    ),
                    models.Q(
                        ("stamp__isnull", False),
                        ("stamped_at__isnull", False),
                        ("stamped_size__gt", 0),
                        models.Q(("note", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="audit_timestamp_stamped_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="audittimestamp",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("failing_since", None), ("failures", 0), ("problem", "")),
                    models.Q(
                        ("failing_since__isnull", False),
                        ("failures__gt", 0),
                        models.Q(("problem", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="audit_timestamp_problem_whole",
            ),
        ),
        enable("audit_timestamp", by=By.ORGANIZATION, sweeper=()),
        migrations.RunSQL(
            f"""
            grant update ({_NEW}) on audit_anchor to {_APP};
            grant select on audit_timestamp to {_SEQUENCER};
            create policy sequencer_read on audit_timestamp for select to {_SEQUENCER}
                using (true);
            """,
            migrations.RunSQL.noop,
        ),
    ]
