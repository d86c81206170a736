"""Who is paged about incidents, and the webhooks that wait to be called."""

import uuid

import django.contrib.postgres.fields
from django.db import migrations, models

from kit.rowsecurity import By, composite_key, doors, enable

# What is due belongs to all organizations; ids only. Nobody's turn is ever due where
# there is no rota, or once it was gone around often enough.
_DUE_PAGES = """
create function audit_due_pages(p_at timestamptz, p_rounds int, p_limit int)
    returns table (incident_id bigint, organization_id bigint)
language sql stable security definer set search_path = pg_catalog, public as $$
    select i.id, i.organization_id
      from public.audit_incident i
      join public.audit_rota r using (organization_id)
     where i.page_due_at <= p_at
       and i.page_step < p_rounds * cardinality(r.contacts)
     order by i.page_due_at, i.id limit p_limit
$$;
"""
_DUE_CALLS = """
create function audit_due_page_calls(p_at timestamptz, p_limit int)
    returns table (call_id bigint, organization_id bigint)
language sql stable security definer set search_path = pg_catalog, public as $$
    select c.id, c.organization_id from public.audit_page_call c
     where c.due_at <= p_at order by c.due_at, c.id limit p_limit
$$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0011_expiry"),
    ]

    operations = [
        migrations.CreateModel(
            name="AuditPageCall",
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
                ("step", models.PositiveIntegerField()),
                ("due_at", models.DateTimeField()),
                ("tries", models.PositiveSmallIntegerField(default=0)),
            ],
            options={
                "db_table": "audit_page_call",
                "indexes": [
                    models.Index(fields=["due_at", "id"], name="audit_page_call_due")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("incident_id", "step"), name="audit_page_call_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="AuditRota",
            fields=[
                (
                    "organization_id",
                    models.BigIntegerField(primary_key=True, serialize=False),
                ),
                (
                    "contacts",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.UUIDField(), default=list, size=None
                    ),
                ),
                ("minutes", models.PositiveIntegerField()),
                ("host", models.CharField(default="", max_length=255)),
                ("sealed", models.BinaryField(null=True)),
            ],
            options={
                "db_table": "audit_rota",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("minutes__gte", 1), ("minutes__lte", 1440)),
                        name="audit_rota_minutes_in_bounds",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("contacts__len__lte", 8)),
                        name="audit_rota_contacts_in_bounds",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("host", ""), ("sealed__isnull", True)),
                            models.Q(
                                models.Q(("host", ""), _negated=True),
                                ("sealed__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="audit_rota_webhook_is_whole",
                    ),
                ],
            },
        ),
        composite_key(
            "audit_page_call",
            columns="organization_id, incident_id",
            parent="audit_incident",
            to="organization_id, id",
        ),
        enable(
            "audit_rota",
            by=By.ORGANIZATION,
            app=("select", "insert", "update"),
            sweeper=(),
        ),
        enable(
            "audit_page_call",
            by=By.ORGANIZATION,
            app=("select", "insert", "update", "delete"),
            sweeper=(),
        ),
        doors(_DUE_PAGES, functions=["audit_due_pages(timestamptz, int, int)"]),
        doors(_DUE_CALLS, functions=["audit_due_page_calls(timestamptz, int)"]),
    ]
