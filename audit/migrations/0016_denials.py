"""What is being gathered of refusals, and a rule for many of them."""

import uuid

from django.db import migrations, models

from kit.rowsecurity import By, doors, enable

_DUE = """
create function audit_due_denials(p_at timestamptz, p_limit int)
    returns table (denial_id bigint, organization_id bigint)
language sql stable security definer set search_path = pg_catalog, public as $$
    select d.id, d.organization_id from public.audit_denial d
     where d.due_at <= p_at order by d.due_at, d.id limit p_limit
$$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0015_timestamps"),
    ]

    operations = [
        migrations.CreateModel(
            name="AuditDenial",
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
                ("source", models.BinaryField(max_length=32)),
                ("action", models.CharField(max_length=80)),
                ("target_kind", models.CharField(max_length=40)),
                ("target", models.UUIDField()),
                ("workspace", models.UUIDField(null=True)),
                ("sealed", models.BinaryField()),
                ("pending", models.PositiveIntegerField(default=0)),
                ("first_at", models.DateTimeField(null=True)),
                ("last_at", models.DateTimeField(null=True)),
                ("due_at", models.DateTimeField()),
            ],
            options={
                "db_table": "audit_denial",
            },
        ),
        migrations.RemoveConstraint(
            model_name="auditincident",
            name="audit_incident_kind_known",
        ),
        migrations.RemoveConstraint(
            model_name="auditincidentrule",
            name="audit_incident_rule_in_bounds",
        ),
        migrations.AlterField(
            model_name="auditincident",
            name="kind",
            field=models.CharField(
                choices=[
                    ("break_glass", "break_glass"),
                    ("verification", "verification"),
                    ("refused_sign_ins", "refused_sign_ins"),
                    ("overdue_purge", "overdue_purge"),
                    ("deletion", "deletion"),
                    ("mass_export", "mass_export"),
                    ("public_sharing", "public_sharing"),
                    ("key_outside", "key_outside"),
                    ("stream", "stream"),
                    ("denied", "denied"),
                ],
                max_length=20,
            ),
        ),
        migrations.AlterField(
            model_name="auditincidentrule",
            name="kind",
            field=models.CharField(
                choices=[
                    ("break_glass", "break_glass"),
                    ("verification", "verification"),
                    ("refused_sign_ins", "refused_sign_ins"),
                    ("overdue_purge", "overdue_purge"),
                    ("deletion", "deletion"),
                    ("mass_export", "mass_export"),
                    ("public_sharing", "public_sharing"),
                    ("key_outside", "key_outside"),
                    ("stream", "stream"),
                    ("denied", "denied"),
                ],
                max_length=20,
            ),
        ),
        migrations.AddConstraint(
            model_name="auditincident",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            "break_glass",
                            "verification",
                            "refused_sign_ins",
                            "overdue_purge",
                            "deletion",
                            "mass_export",
                            "public_sharing",
                            "key_outside",
                            "stream",
                            "denied",
                        ],
                    )
                ),
                name="audit_incident_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="auditincidentrule",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            "break_glass",
                            "verification",
                            "refused_sign_ins",
                            "overdue_purge",
                            "deletion",
                            "mass_export",
                            "public_sharing",
                            "key_outside",
                            "stream",
                            "denied",
                        ],
                    ),
                    ("threshold__gte", 1),
                    ("threshold__lte", 1000),
                    ("minutes__gte", 1),
                    ("minutes__lte", 1440),
                ),
                name="audit_incident_rule_in_bounds",
            ),
        ),
        migrations.AddIndex(
            model_name="auditdenial",
            index=models.Index(fields=["due_at", "id"], name="audit_denial_due"),
        ),
        migrations.AddConstraint(
            model_name="auditdenial",
            constraint=models.UniqueConstraint(
                fields=("organization_id", "source"), name="audit_denial_source_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="auditdenial",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("first_at", None), ("last_at", None), ("pending", 0)),
                    models.Q(
                        ("first_at__isnull", False),
                        ("last_at__isnull", False),
                        ("pending__gt", 0),
                    ),
                    _connector="OR",
                ),
                name="audit_denial_pending_whole",
            ),
        ),
        enable(
            "audit_denial",
            by=By.ORGANIZATION,
            app=("select", "insert", "update", "delete"),
            sweeper=(),
        ),
        doors(_DUE, functions=["audit_due_denials(timestamptz, int)"]),
    ]
