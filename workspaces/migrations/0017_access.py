"""Roles that owners make, what a workspace gives, and seats."""

import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

from kit.rowsecurity import cascade, composite_key, enable

_DELETES = ("select", "insert", "update", "delete")
_TABLES = ("baseline", "customrole", "rolesetting", "rolegrant", "roleassignment")


class Migration(migrations.Migration):
    dependencies = [
        ("workspaces", "0016_drafts"),
    ]

    operations = [
        migrations.CreateModel(
            name="Baseline",
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
                ("feature", models.CharField(max_length=30)),
                ("value", models.CharField(blank=True, default="", max_length=30)),
                (
                    "names",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=100),
                        null=True,
                        size=None,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="CustomRole",
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
                ("name", models.CharField(max_length=200)),
                ("folded_name", models.CharField(db_collation="C", max_length=400)),
                ("purpose", models.CharField(blank=True, default="", max_length=400)),
                ("created_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="RoleAssignment",
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
                ("assigned_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="RoleGrant",
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
                ("permission", models.CharField(max_length=40)),
            ],
        ),
        migrations.CreateModel(
            name="RoleSetting",
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
                ("feature", models.CharField(max_length=30)),
                ("value", models.CharField(blank=True, default="", max_length=30)),
                (
                    "names",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=100),
                        null=True,
                        size=None,
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="membership",
            name="seat",
            field=models.CharField(
                choices=[("chat", "chat"), ("code", "code")],
                default="chat",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="workspace",
            name="default_seat",
            field=models.CharField(
                choices=[("chat", "chat"), ("code", "code")],
                default="chat",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="workspace",
            name="seat_limit",
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddConstraint(
            model_name="membership",
            constraint=models.CheckConstraint(
                condition=models.Q(("seat__in", ["chat", "code"])),
                name="membership_seat_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="workspace",
            constraint=models.CheckConstraint(
                condition=models.Q(("default_seat__in", ["chat", "code"])),
                name="workspace_default_seat_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="workspace",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("seat_limit__isnull", True),
                    ("seat_limit__gte", 1),
                    _connector="OR",
                ),
                name="workspace_seat_limit_positive",
            ),
        ),
        migrations.AddField(
            model_name="baseline",
            name="workspace",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, to="workspaces.workspace"
            ),
        ),
        migrations.AddField(
            model_name="customrole",
            name="workspace",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, to="workspaces.workspace"
            ),
        ),
        migrations.AddField(
            model_name="roleassignment",
            name="group",
            field=models.ForeignKey(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                to="workspaces.group",
            ),
        ),
        migrations.AddField(
            model_name="roleassignment",
            name="membership",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                to="workspaces.membership",
            ),
        ),
        migrations.AddField(
            model_name="roleassignment",
            name="role",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="assignments",
                to="workspaces.customrole",
            ),
        ),
        migrations.AddField(
            model_name="roleassignment",
            name="workspace",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, to="workspaces.workspace"
            ),
        ),
        migrations.AddField(
            model_name="rolegrant",
            name="role",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="grants",
                to="workspaces.customrole",
            ),
        ),
        migrations.AddField(
            model_name="rolegrant",
            name="workspace",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, to="workspaces.workspace"
            ),
        ),
        migrations.AddField(
            model_name="rolesetting",
            name="role",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="settings",
                to="workspaces.customrole",
            ),
        ),
        migrations.AddField(
            model_name="rolesetting",
            name="workspace",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, to="workspaces.workspace"
            ),
        ),
        migrations.AddConstraint(
            model_name="baseline",
            constraint=models.UniqueConstraint(
                fields=("workspace", "feature"), name="baseline_feature_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="baseline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("feature", "gpts.use"),
                        ("names__isnull", True),
                        ("value__in", ("off", "on")),
                    ),
                    models.Q(
                        ("feature", "gpts.create"),
                        ("names__isnull", True),
                        ("value__in", ("off", "on")),
                    ),
                    models.Q(
                        ("feature", "gpts.edit"),
                        ("names__isnull", True),
                        ("value__in", ("off", "on")),
                    ),
                    models.Q(
                        ("feature", "gpts.share"),
                        ("names__isnull", True),
                        (
                            "value__in",
                            (
                                "none",
                                "invite_only",
                                "workspace_with_link",
                                "workspace",
                                "anyone_with_link",
                                "gpt_store",
                            ),
                        ),
                    ),
                    models.Q(
                        ("feature", "gpts.third_party"),
                        ("names__isnull", True),
                        ("value__in", ("none", "approved", "all")),
                    ),
                    models.Q(
                        ("feature", "gpts.connectors"),
                        ("names__isnull", True),
                        ("value__in", ("off", "on")),
                    ),
                    models.Q(
                        ("feature", "connectors.use"),
                        ("names__isnull", True),
                        ("value__in", ("off", "on")),
                    ),
                    models.Q(
                        ("feature", "projects.use"),
                        ("names__isnull", True),
                        ("value__in", ("off", "on")),
                    ),
                    models.Q(
                        ("feature", "projects.share"),
                        ("names__isnull", True),
                        ("value__in", ("off", "on")),
                    ),
                    models.Q(
                        ("feature", "memory.use"),
                        ("names__isnull", True),
                        ("value__in", ("off", "on")),
                    ),
                    models.Q(
                        ("feature", "temporary_chats.use"),
                        ("names__isnull", True),
                        ("value__in", ("off", "on")),
                    ),
                    models.Q(
                        ("feature", "link_sharing.use"),
                        ("names__isnull", True),
                        ("value__in", ("off", "on")),
                    ),
                    models.Q(
                        ("feature", "history.use"),
                        ("names__isnull", True),
                        ("value__in", ("off", "on")),
                    ),
                    models.Q(
                        ("feature", "file_upload.use"),
                        ("names__isnull", True),
                        ("value__in", ("off", "on")),
                    ),
                    models.Q(
                        ("feature", "web_search.use"),
                        ("names__isnull", True),
                        ("value__in", ("off", "on")),
                    ),
                    models.Q(
                        ("feature", "code_execution.use"),
                        ("names__isnull", True),
                        ("value__in", ("off", "on")),
                    ),
                    models.Q(
                        ("feature", "models.use"),
                        ("names__isnull", False),
                        ("value", ""),
                    ),
                    _connector="OR",
                ),
                name="baseline_value_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="customrole",
            constraint=models.UniqueConstraint(
                fields=("workspace", "folded_name"), name="custom_role_name_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="customrole",
            constraint=models.UniqueConstraint(
                fields=("workspace", "id"), name="custom_role_in_workspace"
            ),
        ),
        migrations.AddIndex(
            model_name="roleassignment",
            index=models.Index(
                fields=["workspace", "membership"], name="role_assignment_membership"
            ),
        ),
        migrations.AddIndex(
            model_name="roleassignment",
            index=models.Index(
                fields=["workspace", "group"], name="role_assignment_group"
            ),
        ),
        migrations.AddConstraint(
            model_name="roleassignment",
            constraint=models.UniqueConstraint(
                fields=("role", "membership"), name="role_assignment_member_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="roleassignment",
            constraint=models.UniqueConstraint(
                fields=("role", "group"), name="role_assignment_group_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="roleassignment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("group__isnull", False), ("membership__isnull", True)),
                    models.Q(("group__isnull", True), ("membership__isnull", False)),
                    _connector="OR",
                ),
                name="role_assignment_to_one",
            ),
        ),
        migrations.AddConstraint(
            model_name="rolegrant",
            constraint=models.UniqueConstraint(
                fields=("role", "permission"), name="role_grant_permission_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="rolegrant",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "permission__in",
                        [
                            "analytics.view",
                            "audit.export",
                            "audit.verify",
                            "audit.view",
                            "connectors.manage",
                            "connectors.view",
                            "conversations.view_metadata",
                            "gpts.manage",
                            "gpts.review",
                            "gpts.view",
                            "holds.manage",
                            "holds.view",
                            "keys.manage",
                            "members.manage",
                            "members.view",
                            "overview.view",
                            "policies.manage",
                            "policies.view",
                            "provisioning.manage",
                            "roles.view",
                            "sweeps.run",
                            "sweeps.view",
                            "workspace.manage",
                        ],
                    )
                ),
                name="role_grant_permission_grantable",
            ),
        ),
        migrations.AddConstraint(
            model_name="rolesetting",
            constraint=models.UniqueConstraint(
                fields=("role", "feature"), name="role_setting_feature_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="rolesetting",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("feature", "gpts.use"),
                        ("names__isnull", True),
                        ("value__in", ("off", "on")),
                    ),
                    models.Q(
                        ("feature", "gpts.create"),
                        ("names__isnull", True),
                        ("value__in", ("off", "on")),
                    ),
                    models.Q(
                        ("feature", "gpts.edit"),
                        ("names__isnull", True),
                        ("value__in", ("off", "on")),
                    ),
                    models.Q(
                        ("feature", "gpts.share"),
                        ("names__isnull", True),
                        (
                            "value__in",
                            (
                                "none",
                                "invite_only",
                                "workspace_with_link",
                                "workspace",
                                "anyone_with_link",
                                "gpt_store",
                            ),
                        ),
                    ),
                    models.Q(
                        ("feature", "gpts.third_party"),
                        ("names__isnull", True),
                        ("value__in", ("none", "approved", "all")),
                    ),
                    models.Q(
                        ("feature", "gpts.connectors"),
                        ("names__isnull", True),
                        ("value__in", ("off", "on")),
                    ),
                    models.Q(
                        ("feature", "connectors.use"),
                        ("names__isnull", True),
                        ("value__in", ("off", "on")),
                    ),
                    models.Q(
                        ("feature", "projects.use"),
                        ("names__isnull", True),
                        ("value__in", ("off", "on")),
                    ),
                    models.Q(
                        ("feature", "projects.share"),
                        ("names__isnull", True),
                        ("value__in", ("off", "on")),
                    ),
                    models.Q(
                        ("feature", "memory.use"),
                        ("names__isnull", True),
                        ("value__in", ("off", "on")),
                    ),
                    models.Q(
                        ("feature", "temporary_chats.use"),
                        ("names__isnull", True),
                        ("value__in", ("off", "on")),
                    ),
                    models.Q(
                        ("feature", "link_sharing.use"),
                        ("names__isnull", True),
                        ("value__in", ("off", "on")),
                    ),
                    models.Q(
                        ("feature", "history.use"),
                        ("names__isnull", True),
                        ("value__in", ("off", "on")),
                    ),
                    models.Q(
                        ("feature", "file_upload.use"),
                        ("names__isnull", True),
                        ("value__in", ("off", "on")),
                    ),
                    models.Q(
                        ("feature", "web_search.use"),
                        ("names__isnull", True),
                        ("value__in", ("off", "on")),
                    ),
                    models.Q(
                        ("feature", "code_execution.use"),
                        ("names__isnull", True),
                        ("value__in", ("off", "on")),
                    ),
                    models.Q(
                        ("feature", "models.use"),
                        ("names__isnull", False),
                        ("value", ""),
                    ),
                    _connector="OR",
                ),
                name="role_setting_value_known",
            ),
        ),
        *(enable(f"workspaces_{table}", app=_DELETES, sweeper=()) for table in _TABLES),
        *(
            composite_key(
                f"workspaces_{table}",
                columns="workspace_id, role_id",
                parent="workspaces_customrole",
                to="workspace_id, id",
            )
            for table in ("rolesetting", "rolegrant", "roleassignment")
        ),
        composite_key(
            "workspaces_roleassignment",
            columns="workspace_id, membership_id",
            parent="workspaces_membership",
            to="workspace_id, id",
        ),
        # A group may go while it carries roles.
        cascade(
            "workspaces_roleassignment",
            columns="workspace_id, group_id",
            parent="workspaces_group",
            to="workspace_id, id",
        ),
    ]
