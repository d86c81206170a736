"""Connections, mail domains and spent assertions, with their security and doors."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from kit.rowsecurity import By, composite_key, enable

# What must be known before a scope is open: whose connection a URL names, and where
# the people of a mail domain sign in. A stranger may call both by way of a page.
_DOORS = """
create function custos_connection(p_slug text) returns table (
    organization_id bigint, organization_uuid uuid, organization_slug text,
    organization_name text, connection_id bigint, connection_uuid uuid, slug text,
    state text, label text
) language sql stable security definer set search_path = pg_catalog, public as $$
    select o.id, o.public_id, o.slug, o.name, c.id, c.public_id, c.slug, c.state,
           c.label
    from public.workspaces_samlconnection c
    join public.workspaces_organization o on o.id = c.organization_id
    where c.slug = p_slug
$$;
create function custos_entrance(p_domain text) returns table (
    organization_name text, label text, slug text
) language sql stable security definer set search_path = pg_catalog, public as $$
    select o.name, c.label, c.slug
    from public.workspaces_maildomain d
    join public.workspaces_organization o on o.id = d.organization_id
    join public.workspaces_samlconnection c on c.organization_id = o.id
    where d.domain = p_domain and d.proven_at is not null and c.state = 'active'
    order by c.id limit 1
$$;
"""
_FUNCTIONS = ("custos_connection(text)", "custos_entrance(text)")


def _doors() -> migrations.RunSQL:
    app = settings.DATABASE_ROLES["app"]
    rights = "".join(
        f"revoke all on function {name} from public;"
        f"grant execute on function {name} to {app};"
        for name in _FUNCTIONS
    )
    drop = "".join(f"drop function {name};" for name in _FUNCTIONS)
    return migrations.RunSQL(_DOORS + rights, drop)


def _organization() -> tuple[str, models.Field]:
    key = models.ForeignKey(
        on_delete=django.db.models.deletion.PROTECT, to="workspaces.organization"
    )
    return "organization", key


def _id() -> tuple[str, models.Field]:
    return "id", models.BigAutoField(primary_key=True, serialize=False)


def _public_id() -> tuple[str, models.Field]:
    return "public_id", models.UUIDField(default=uuid.uuid4, unique=True)


_STATES = [("draft", "Draft"), ("active", "Active"), ("inactive", "Inactive")]


class Migration(migrations.Migration):
    dependencies = [("workspaces", "0002_row_security")]

    operations = [
        migrations.CreateModel(
            name="MailDomain",
            fields=[
                _id(),
                _public_id(),
                _organization(),
                ("domain", models.CharField(db_collation="C", max_length=253)),
                ("challenge", models.CharField(max_length=64)),
                ("claimed_at", models.DateTimeField()),
                ("proven_at", models.DateTimeField(null=True)),
                (
                    "attested_by",
                    models.CharField(blank=True, default="", max_length=200),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=["organization", "domain"], name="domain_claimed_once"
                    ),
                    models.UniqueConstraint(
                        fields=["domain"],
                        condition=models.Q(proven_at__isnull=False),
                        name="domain_one_holder",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(domain__regex="^[a-z0-9.-]+$"),
                        name="domain_folded",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(attested_by="")
                        | models.Q(proven_at__isnull=False),
                        name="domain_attested_is_proven",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SamlConnection",
            fields=[
                _id(),
                _public_id(),
                _organization(),
                ("slug", models.SlugField(max_length=63, unique=True)),
                (
                    "state",
                    models.CharField(choices=_STATES, default="draft", max_length=10),
                ),
                ("is_required", models.BooleanField(default=False)),
                ("label", models.CharField(max_length=100)),
                ("idp_entity_id", models.CharField(max_length=1024)),
                ("sso_url", models.CharField(max_length=1024)),
                ("slo_url", models.CharField(blank=True, default="", max_length=1024)),
                ("certificates", models.JSONField()),
                ("wants_signed_requests", models.BooleanField(default=False)),
                ("attribute_mapping", models.JSONField()),
                ("sp_certificate", models.TextField()),
                ("sp_key", models.BinaryField()),
                ("created_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(state__in=["draft", "active", "inactive"]),
                        name="connection_state_known",
                    ),
                    models.CheckConstraint(
                        condition=~models.Q(slug="") & ~models.Q(idp_entity_id=""),
                        name="connection_is_named",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(is_required=False)
                        | models.Q(state="active"),
                        name="connection_required_is_active",
                    ),
                    models.UniqueConstraint(
                        fields=["organization", "id"], name="connection_in_organization"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SpentAssertion",
            fields=[
                _id(),
                _organization(),
                ("connection_id", models.BigIntegerField()),
                ("id_hash", models.BinaryField(max_length=32)),
                ("expires_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=["connection_id", "id_hash"], name="assertion_spent_once"
                    ),
                ],
                "indexes": [
                    models.Index(
                        fields=["connection_id", "expires_at"], name="spent_expiry"
                    ),
                ],
            },
        ),
        enable("workspaces_maildomain", by=By.ORGANIZATION, sweeper=()),
        enable("workspaces_samlconnection", by=By.ORGANIZATION, sweeper=()),
        enable(
            "workspaces_spentassertion",
            by=By.ORGANIZATION,
            app=("select", "insert", "delete"),
            sweeper=(),
        ),
        composite_key(
            "workspaces_spentassertion",
            columns="organization_id, connection_id",
            parent="workspaces_samlconnection",
            to="organization_id, id",
        ),
        _doors(),
    ]
