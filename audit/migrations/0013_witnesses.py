"""What a witness cosigned of the installation's log, and below it each anchor."""

from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

from kit.rowsecurity import By, enable

_APP, _SEQUENCER = (settings.DATABASE_ROLES[name] for name in ("app", "sequencer"))
_NEW = "site_epoch, cosigned, cosigned_proof, cosigned_at"
# The first line of the site's head ends with its epoch.
_EPOCHS = """
update audit_anchor
   set site_epoch = substring(split_part(note, E'\\n', 1) from '[0-9]+$')::int
 where index is not null
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0012_paging")]

    operations = [
        migrations.CreateModel(
            name="AuditWitness",
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
                ("known_size", models.BigIntegerField(default=0)),
                ("cosigned_size", models.BigIntegerField(default=0)),
                ("note", models.TextField(default="")),
                ("cosigned_at", models.DateTimeField(null=True)),
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
                            ("unknown_log", "Unknown Log"),
                            ("unknown_key", "Unknown Key"),
                            ("fork", "Fork"),
                            ("ahead", "Ahead"),
                            ("bad_answer", "Bad Answer"),
                        ],
                        default="",
                    ),
                ),
            ],
            options={
                "db_table": "audit_witness",
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(cosigned_size=0, note="", cosigned_at=None)
                        | Q(cosigned_size__gt=0, cosigned_at__isnull=False)
                        & ~Q(note=""),
                        name="audit_witness_cosigned_whole",
                    ),
                    models.CheckConstraint(
                        condition=Q(failures=0, failing_since=None, problem="")
                        | Q(failures__gt=0, failing_since__isnull=False)
                        & ~Q(problem=""),
                        name="audit_witness_problem_whole",
                    ),
                ],
            },
        ),
        migrations.RemoveConstraint("auditanchor", "audit_anchor_proven_whole"),
        migrations.AddField("auditanchor", "cosigned", models.TextField(default="")),
        migrations.AddField(
            "auditanchor", "cosigned_at", models.DateTimeField(null=True)
        ),
        migrations.AddField(
            "auditanchor", "cosigned_proof", models.BinaryField(null=True)
        ),
        migrations.AddField(
            "auditanchor", "site_epoch", models.IntegerField(null=True)
        ),
        migrations.RunSQL(_EPOCHS, migrations.RunSQL.noop),
        migrations.AddIndex(
            "auditanchor",
            models.Index(
                fields=["site_epoch", "entry_id"],
                name="audit_anchor_unwitnessed",
                condition=Q(site_epoch__isnull=False, cosigned_at__isnull=True),
            ),
        ),
        migrations.AddConstraint(
            "auditanchor",
            models.CheckConstraint(
                condition=Q(index=None, leaf=None, proof=None, note="", site_epoch=None)
                | Q(
                    index__isnull=False,
                    leaf__isnull=False,
                    proof__isnull=False,
                    site_epoch__isnull=False,
                )
                & ~Q(note=""),
                name="audit_anchor_proven_whole",
            ),
        ),
        migrations.AddConstraint(
            "auditanchor",
            models.CheckConstraint(
                condition=Q(cosigned="", cosigned_proof=None, cosigned_at=None)
                | Q(
                    cosigned_proof__isnull=False,
                    cosigned_at__isnull=False,
                    index__isnull=False,
                )
                & ~Q(cosigned=""),
                name="audit_anchor_cosigned_whole",
            ),
        ),
        enable("audit_witness", by=By.ORGANIZATION, sweeper=()),
        migrations.RunSQL(
            f"""
            grant update ({_NEW}) on audit_anchor to {_APP};
            grant select on audit_witness to {_SEQUENCER};
            create policy sequencer_read on audit_witness for select to {_SEQUENCER}
                using (true);
            """,
            migrations.RunSQL.noop,
        ),
    ]
