"""Where the heads of each log stand in the log of the installation."""

from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

from kit.rowsecurity import By, enable

_APP, _SEQUENCER = (settings.DATABASE_ROLES[name] for name in ("app", "sequencer"))


class Migration(migrations.Migration):
    dependencies = [("audit", "0004_refusals")]

    operations = [
        migrations.CreateModel(
            name="AuditAnchor",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "organization_id",
                        "hour",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("organization_id", models.BigIntegerField()),
                ("hour", models.DateTimeField()),
                ("anchored_at", models.DateTimeField()),
                ("epoch", models.IntegerField()),
                ("size", models.BigIntegerField()),
                ("root", models.BinaryField()),
                ("entry_id", models.BigIntegerField()),
                ("index", models.BigIntegerField(null=True)),
                ("leaf", models.BinaryField(null=True)),
                ("proof", models.BinaryField(null=True)),
                ("note", models.TextField(default="")),
            ],
            options={
                "db_table": "audit_anchor",
                "indexes": [
                    models.Index(
                        fields=["entry_id"],
                        name="audit_anchor_unproven",
                        condition=Q(("index__isnull", True)),
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(index=None, leaf=None, proof=None, note="")
                        | Q(
                            index__isnull=False,
                            leaf__isnull=False,
                            proof__isnull=False,
                        )
                        & ~Q(note=""),
                        name="audit_anchor_proven_whole",
                    ),
                    models.CheckConstraint(
                        condition=Q(("size__gt", 0)), name="audit_anchor_has_entries"
                    ),
                ],
            },
        ),
        enable("audit_anchor", by=By.ORGANIZATION, app=("select", "insert")),
        migrations.RunSQL(
            f"""
            grant update (index, leaf, proof, note) on audit_anchor to {_APP};
            grant select on audit_anchor to {_SEQUENCER};
            create policy sequencer_read on audit_anchor for select to {_SEQUENCER}
                using (true);
            """,
            migrations.RunSQL.noop,
        ),
    ]
