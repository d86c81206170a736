"""Connectors, what members linked, their row-level security, and what is due."""

import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

import workspaces.connectors.controls
from kit.rowsecurity import composite_key, doors, enable

# Ends of all workspaces that their sources must be told: ids only, each is then opened
# in its scope.
_DOORS = """
create function custos_due_connector_ends(p_at timestamptz, p_limit int)
returns table (grant_id bigint, workspace_id bigint, organization_id bigint)
language sql volatile security definer set search_path = pg_catalog, public as $$
    select g.id, g.workspace_id, w.organization_id
    from public.workspaces_connectorgrant g
    join public.workspaces_workspace w on w.id = g.workspace_id
    where g.revoke_due_at <= p_at
      and (g.leased_until is null or g.leased_until < now())
    order by g.revoke_due_at, g.id limit p_limit
$$;
"""
_FUNCTIONS = ("custos_due_connector_ends(timestamptz, integer)",)
_OF_MEMBERS = ("workspaces_connectorgrant", "workspaces_linkattempt")


class Migration(migrations.Migration):
    dependencies = [
        ("workspaces", "0018_granted"),
    ]

    operations = [
        migrations.CreateModel(
            name="Connector",
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
                ("slug", models.CharField(db_collation="C", max_length=63)),
                ("kind", models.CharField(max_length=20)),
                ("name", models.CharField(blank=True, default="", max_length=100)),
                ("endpoints", models.JSONField(default=dict)),
                (
                    "scopes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=200),
                        default=list,
                        size=None,
                    ),
                ),
                ("actions", models.JSONField(default=list)),
                ("client_id", models.CharField(blank=True, default="", max_length=500)),
                ("sealed_secret", models.BinaryField(default=b"")),
                ("client_auth", models.CharField(max_length=30)),
                ("is_allowed", models.BooleanField(default=False)),
                ("is_restricted", models.BooleanField(default=False)),
                (
                    "role_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), default=list, size=None
                    ),
                ),
                (
                    "group_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), default=list, size=None
                    ),
                ),
                ("action_control", models.CharField(default="all", max_length=20)),
                (
                    "chosen_actions",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=100),
                        default=list,
                        size=None,
                    ),
                ),
                (
                    "known_actions",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=100),
                        default=list,
                        size=None,
                    ),
                ),
                ("new_actions", models.CharField(default="disable", max_length=20)),
                ("ask", models.CharField(blank=True, default="", max_length=20)),
                (
                    "domains",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=253),
                        default=list,
                        size=None,
                    ),
                ),
                ("risk", models.CharField(default="unrated", max_length=20)),
                ("review_on", models.DateField(null=True)),
                ("created_at", models.DateTimeField()),
                ("changed_at", models.DateTimeField()),
                (
                    "owner",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="workspaces.membership",
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
        ),
        migrations.CreateModel(
            name="ConnectorCut",
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
                ("cause", models.CharField(max_length=20)),
                ("requested_by", models.CharField(max_length=64)),
                ("cut_at", models.DateTimeField()),
                (
                    "connector",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="workspaces.connector",
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
        ),
        migrations.CreateModel(
            name="ConnectorDefaults",
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
                ("ask", models.CharField(max_length=20)),
                (
                    "workspace",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        to="workspaces.workspace",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ConnectorGrant",
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
                (
                    "account_domain",
                    models.CharField(blank=True, default="", max_length=253),
                ),
                ("sealed_account", models.BinaryField(default=b"")),
                ("sealed_tokens", models.BinaryField(default=b"")),
                (
                    "scopes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=200),
                        default=list,
                        size=None,
                    ),
                ),
                ("expires_at", models.DateTimeField(null=True)),
                ("linked_at", models.DateTimeField()),
                ("refreshed_at", models.DateTimeField(null=True)),
                ("released_at", models.DateTimeField(null=True)),
                ("releases", models.PositiveIntegerField(default=0)),
                ("ended_at", models.DateTimeField(null=True)),
                ("end", models.CharField(blank=True, default="", max_length=20)),
                ("revoke_due_at", models.DateTimeField(null=True)),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("leased_until", models.DateTimeField(null=True)),
                ("fence", models.PositiveIntegerField(default=0)),
                ("revoked_at", models.DateTimeField(null=True)),
                ("given_up_at", models.DateTimeField(null=True)),
                (
                    "connector",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        to="workspaces.connector",
                    ),
                ),
                (
                    "cut",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="workspaces.connectorcut",
                    ),
                ),
                (
                    "membership",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        to="workspaces.membership",
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
        ),
        migrations.CreateModel(
            name="LinkAttempt",
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
                ("sign_in", models.UUIDField()),
                ("state", models.BinaryField(max_length=32)),
                ("sealed_verifier", models.BinaryField()),
                (
                    "scopes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=200),
                        default=list,
                        size=None,
                    ),
                ),
                ("created_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("used_at", models.DateTimeField(null=True)),
                (
                    "connector",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        to="workspaces.connector",
                    ),
                ),
                (
                    "membership",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        to="workspaces.membership",
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
        ),
        migrations.AddConstraint(
            model_name="connector",
            constraint=models.UniqueConstraint(
                fields=("workspace", "slug"), name="connector_slug_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="connector",
            constraint=models.UniqueConstraint(
                fields=("workspace", "id"), name="connector_in_workspace"
            ),
        ),
        migrations.AddConstraint(
            model_name="connector",
            constraint=models.CheckConstraint(
                condition=models.Q(("slug__regex", "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$")),
                name="connector_slug_shape",
            ),
        ),
        migrations.AddConstraint(
            model_name="connector",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["catalogue", "oauth", "mcp"])),
                name="connector_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="connector",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "client_auth__in",
                        ["client_secret_basic", "client_secret_post", "none"],
                    )
                ),
                name="connector_client_auth_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="connector",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("action_control__in", ["all", "read_only", "custom"])
                ),
                name="connector_action_control_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="connector",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("new_actions__in", ["enable", "read_only", "disable"])
                ),
                name="connector_new_actions_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="connector",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("ask__in", ["", "always", "changes", "important", "never"])
                ),
                name="connector_ask_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="connector",
            constraint=models.CheckConstraint(
                condition=models.Q(("risk__in", ["unrated", "low", "medium", "high"])),
                name="connector_risk_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="connector",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("is_restricted", True),
                    models.Q(("group_ids", []), ("role_ids", [])),
                    _connector="OR",
                ),
                name="connector_restricted_to_somebody",
            ),
        ),
        migrations.AddConstraint(
            model_name="connectorcut",
            constraint=models.UniqueConstraint(
                fields=("workspace", "id"), name="connector_cut_in_workspace"
            ),
        ),
        migrations.AddConstraint(
            model_name="connectorcut",
            constraint=models.CheckConstraint(
                condition=models.Q(("cause__in", ["restricted", "member_left"])),
                name="connector_cut_cause_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="connectorcut",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("connector__isnull", False),
                    ("cause", workspaces.connectors.controls.Cause["MEMBER_LEFT"]),
                    _connector="OR",
                ),
                name="connector_cut_of_a_connector",
            ),
        ),
        migrations.AddConstraint(
            model_name="connectordefaults",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("ask__in", ["always", "changes", "important", "never"])
                ),
                name="connector_default_ask_known",
            ),
        ),
        migrations.AddIndex(
            model_name="connectorgrant",
            index=models.Index(
                fields=["workspace", "membership"], name="connector_grant_member"
            ),
        ),
        migrations.AddIndex(
            model_name="connectorgrant",
            index=models.Index(
                condition=models.Q(("ended_at__isnull", True)),
                fields=["workspace", "connector", "linked_at", "id"],
                name="connector_grant_working",
            ),
        ),
        migrations.AddIndex(
            model_name="connectorgrant",
            index=models.Index(
                fields=["workspace", "cut", "id"], name="connector_grant_cut"
            ),
        ),
        migrations.AddIndex(
            model_name="connectorgrant",
            index=models.Index(
                condition=models.Q(("revoke_due_at__isnull", False)),
                fields=["revoke_due_at", "id"],
                name="connector_grant_due",
            ),
        ),
        migrations.AddConstraint(
            model_name="connectorgrant",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at__isnull", True)),
                fields=("workspace", "connector", "membership"),
                name="connector_linked_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="connectorgrant",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("end", ""), ("ended_at__isnull", True)),
                    models.Q(
                        (
                            "end__in",
                            [
                                "unlinked",
                                "cut",
                                "revoked_at_source",
                                "expired",
                                "refused",
                            ],
                        ),
                        ("ended_at__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="connector_grant_ended_with_why",
            ),
        ),
        migrations.AddConstraint(
            model_name="connectorgrant",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("cut__isnull", True),
                    ("end", workspaces.connectors.controls.End["CUT"]),
                    _connector="OR",
                ),
                name="connector_grant_cut_is_an_end",
            ),
        ),
        migrations.AddConstraint(
            model_name="connectorgrant",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("revoke_due_at__isnull", True),
                    ("ended_at__isnull", False),
                    _connector="OR",
                ),
                name="connector_grant_revoked_after_its_end",
            ),
        ),
        migrations.AddConstraint(
            model_name="connectorgrant",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("revoked_at__isnull", True),
                    ("given_up_at__isnull", True),
                    _connector="OR",
                ),
                name="connector_grant_revoked_or_given_up",
            ),
        ),
        migrations.AddConstraint(
            model_name="connectorgrant",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("ended_at__isnull", True),
                    ("revoke_due_at__isnull", False),
                    ("sealed_tokens", b""),
                    _connector="OR",
                ),
                name="connector_grant_forgets_tokens",
            ),
        ),
        migrations.AddIndex(
            model_name="linkattempt",
            index=models.Index(
                fields=["workspace", "membership", "connector"],
                name="link_attempt_member",
            ),
        ),
        migrations.AddConstraint(
            model_name="linkattempt",
            constraint=models.UniqueConstraint(
                fields=("state",), name="link_attempt_state_once"
            ),
        ),
        enable("workspaces_connectordefaults", sweeper=()),
        enable("workspaces_connector", sweeper=()),
        enable("workspaces_connectorcut", app=("select", "insert"), sweeper=()),
        enable("workspaces_connectorgrant", sweeper=()),
        enable(
            "workspaces_linkattempt",
            app=("select", "insert", "update", "delete"),
            sweeper=(),
        ),
        composite_key(
            "workspaces_connector",
            columns="workspace_id, owner_id",
            parent="workspaces_membership",
            to="workspace_id, id",
        ),
        *(
            composite_key(
                table,
                columns="workspace_id, membership_id",
                parent="workspaces_membership",
                to="workspace_id, id",
            )
            for table in _OF_MEMBERS
        ),
        *(
            composite_key(
                table,
                columns="workspace_id, connector_id",
                parent="workspaces_connector",
                to="workspace_id, id",
            )
            for table in (*_OF_MEMBERS, "workspaces_connectorcut")
        ),
        composite_key(
            "workspaces_connectorgrant",
            columns="workspace_id, cut_id",
            parent="workspaces_connectorcut",
            to="workspace_id, id",
        ),
        doors(_DOORS, functions=_FUNCTIONS),
    ]
