"""Incidents with their timelines, rules, and how far each log was read."""

import uuid

from django.db import migrations, models

from kit.rowsecurity import By, composite_key, doors, enable

# Which logs have entries that the rules have not read; ids of organizations only.
_DUE = """
create function audit_due_detection(p_limit int) returns table (organization_id bigint)
language sql stable security definer set search_path = pg_catalog, public as $$
    select l.organization_id
      from public.audit_log l
      left join public.audit_incident_cursor c using (organization_id)
     where l.organization_id > 0 and exists (
        select from public.audit_facet f
         where f.organization_id = l.organization_id
           and (f.epoch, f.index) > (coalesce(c.epoch, 0), coalesce(c.index, -1)))
     limit p_limit
$$;
"""
# What was recorded before there were rules is history, and opens nothing.
_BEGIN_AT_THE_END = """
insert into audit_incident_cursor (organization_id, epoch, index)
select l.organization_id, f.epoch, f.index from audit_log l cross join lateral (
    select epoch, index from audit_facet x
     where x.organization_id = l.organization_id
     order by epoch desc, index desc limit 1) f
 where l.organization_id > 0
"""


def _scoped(table: str, *app: str) -> migrations.RunSQL:
    return enable(table, by=By.ORGANIZATION, app=app, sweeper=())


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0005_anchors"),
    ]

    operations = [
        migrations.CreateModel(
            name="AuditIncidentCursor",
            fields=[
                (
                    "organization_id",
                    models.BigIntegerField(primary_key=True, serialize=False),
                ),
                ("epoch", models.IntegerField(default=0)),
                ("index", models.BigIntegerField(default=-1)),
            ],
            options={
                "db_table": "audit_incident_cursor",
            },
        ),
        migrations.CreateModel(
            name="AuditIncident",
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
                    "kind",
                    models.CharField(
                        choices=[
                            ("break_glass", "break_glass"),
                            ("verification", "verification"),
                            ("refused_sign_ins", "refused_sign_ins"),
                            ("overdue_purge", "overdue_purge"),
                            ("deletion", "deletion"),
                            ("mass_export", "mass_export"),
                            ("public_sharing", "public_sharing"),
                            ("key_outside", "key_outside"),
                        ],
                        max_length=20,
                    ),
                ),
                ("subject", models.CharField(default="", max_length=40)),
                ("workspace", models.UUIDField(null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "open"),
                            ("acknowledged", "acknowledged"),
                            ("resolved", "resolved"),
                        ],
                        default="open",
                        max_length=12,
                    ),
                ),
                ("found_n", models.PositiveBigIntegerField()),
                ("owner", models.BinaryField(null=True)),
                ("opened_at", models.DateTimeField()),
                ("seen_at", models.DateTimeField()),
                ("acknowledged_at", models.DateTimeField(null=True)),
                ("resolved_at", models.DateTimeField(null=True)),
                ("page_due_at", models.DateTimeField(null=True)),
                ("page_step", models.PositiveIntegerField(default=0)),
            ],
            options={
                "db_table": "audit_incident",
                "indexes": [
                    models.Index(
                        fields=["organization_id", "-opened_at", "-id"],
                        name="audit_incident_newest",
                    ),
                    models.Index(
                        condition=models.Q(("page_due_at__isnull", False)),
                        fields=["page_due_at"],
                        name="audit_incident_page_due",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organization_id", "id"),
                        name="audit_incident_of_organization",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "resolved"), _negated=True),
                        fields=("organization_id", "kind", "subject"),
                        name="audit_incident_once_while_it_lasts",
                    ),
                    models.CheckConstraint(
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
                                ],
                            )
                        ),
                        name="audit_incident_kind_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("found_n__gte", 1), ("seen_at__gte", models.F("opened_at"))
                        ),
                        name="audit_incident_seen_after_it_opened",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("acknowledged_at__isnull", True),
                                ("page_due_at__isnull", False),
                                ("resolved_at__isnull", True),
                                ("state", "open"),
                            ),
                            models.Q(
                                ("acknowledged_at__isnull", False),
                                ("page_due_at__isnull", True),
                                ("resolved_at__isnull", True),
                                ("state", "acknowledged"),
                            ),
                            models.Q(
                                ("acknowledged_at__isnull", False),
                                ("page_due_at__isnull", True),
                                ("resolved_at__isnull", False),
                                ("state", "resolved"),
                            ),
                            _connector="OR",
                        ),
                        name="audit_incident_state_with_its_times",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AuditIncidentRule",
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
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("break_glass", "break_glass"),
                            ("verification", "verification"),
                            ("refused_sign_ins", "refused_sign_ins"),
                            ("overdue_purge", "overdue_purge"),
                            ("deletion", "deletion"),
                            ("mass_export", "mass_export"),
                            ("public_sharing", "public_sharing"),
                            ("key_outside", "key_outside"),
                        ],
                        max_length=20,
                    ),
                ),
                ("is_on", models.BooleanField()),
                ("threshold", models.PositiveIntegerField()),
                ("minutes", models.PositiveIntegerField()),
            ],
            options={
                "db_table": "audit_incident_rule",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organization_id", "kind"),
                        name="audit_incident_rule_once",
                    ),
                    models.CheckConstraint(
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
                                ],
                            ),
                            ("threshold__gte", 1),
                            ("threshold__lte", 1000),
                            ("minutes__gte", 1),
                            ("minutes__lte", 1440),
                        ),
                        name="audit_incident_rule_in_bounds",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AuditIncidentStep",
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
                ("incident_id", models.BigIntegerField()),
                (
                    "act",
                    models.CharField(
                        choices=[
                            ("seen", "Seen"),
                            ("paged", "Paged"),
                            ("acknowledged", "Acknowledged"),
                            ("assigned", "Assigned"),
                            ("noted", "Noted"),
                            ("told", "Told"),
                            ("resolved", "Resolved"),
                            ("reopened", "Reopened"),
                        ],
                        max_length=12,
                    ),
                ),
                ("at", models.DateTimeField()),
                ("epoch", models.IntegerField(null=True)),
                ("index", models.BigIntegerField(null=True)),
                ("sealed", models.BinaryField(null=True)),
            ],
            options={
                "db_table": "audit_incident_step",
                "indexes": [
                    models.Index(
                        fields=["organization_id", "incident_id", "at", "id"],
                        name="audit_incident_step_timeline",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "act__in",
                                [
                                    "seen",
                                    "paged",
                                    "acknowledged",
                                    "assigned",
                                    "noted",
                                    "told",
                                    "resolved",
                                    "reopened",
                                ],
                            )
                        ),
                        name="audit_incident_step_act_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("act", "seen"),
                                ("epoch__isnull", False),
                                ("index__isnull", False),
                                ("sealed__isnull", True),
                            ),
                            models.Q(
                                models.Q(("act", "seen"), _negated=True),
                                ("epoch__isnull", True),
                                ("index__isnull", True),
                                ("sealed__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="audit_incident_step_names_an_entry",
                    ),
                    models.UniqueConstraint(
                        fields=("incident_id", "epoch", "index"),
                        name="audit_incident_step_entry_once",
                    ),
                ],
            },
        ),
        composite_key(
            "audit_incident_step",
            columns="organization_id, incident_id",
            parent="audit_incident",
            to="organization_id, id",
        ),
        _scoped("audit_incident", "select", "insert", "update"),
        _scoped("audit_incident_step", "select", "insert"),
        _scoped("audit_incident_rule", "select", "insert", "update"),
        _scoped("audit_incident_cursor", "select", "insert", "update"),
        doors(_DUE, functions=["audit_due_detection(int)"]),
        migrations.RunSQL(_BEGIN_AT_THE_END, migrations.RunSQL.noop),
    ]
