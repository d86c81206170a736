"""Groups, what identity providers keep here, their row-level security and one door."""

import uuid

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
from django.db import migrations, models

from kit.rowsecurity import composite_key, doors, enable

# A person has one address in all organizations, so moving it is no matter of one
# scope: it moves only where nobody else's row is touched by it.
_DOORS = """
create function custos_readdress(
    p_user bigint, p_organization bigint, p_before text, p_after text
) returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
begin
    perform from public.workspaces_user
     where id = p_user and email = p_before for update;
    if not found
       or exists (select from public.workspaces_user where email = p_after)
       or exists (
            select from public.workspaces_membership m
              join public.workspaces_workspace w on w.id = m.workspace_id
             where m.user_id = p_user and w.organization_id <> p_organization)
       or exists (
            select from public.workspaces_organizationadministrator a
             where a.user_id = p_user and a.organization_id <> p_organization)
       or not exists (
            select from public.workspaces_maildomain d
             where d.organization_id = p_organization and d.proven_at is not null
               and d.domain = split_part(p_before, '@', 2))
       or not exists (
            select from public.workspaces_maildomain d
             where d.organization_id = p_organization and d.proven_at is not null
               and d.domain = split_part(p_after, '@', 2))
    then
        return false;
    end if;
    update public.workspaces_user set email = p_after where id = p_user;
    update public.workspaces_membership set email = p_after where user_id = p_user;
    return true;
end $$;
"""
_FUNCTIONS = ("custos_readdress(bigint, bigint, text, text)",)
_DELETES = ("select", "insert", "update", "delete")


class Migration(migrations.Migration):
    dependencies = [
        ("workspaces", "0011_column_rights"),
    ]

    operations = [
        migrations.CreateModel(
            name="Group",
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
                (
                    "source",
                    models.CharField(
                        choices=[("portal", "Portal"), ("scim", "Scim")], max_length=10
                    ),
                ),
                ("created_at", models.DateTimeField()),
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
            name="GroupMember",
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
                ("subject", models.UUIDField()),
                ("display", models.CharField(blank=True, default="", max_length=400)),
                (
                    "group",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        to="workspaces.group",
                    ),
                ),
                (
                    "membership",
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
            name="GroupRole",
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
                ("role", models.CharField(max_length=30)),
                ("set_at", models.DateTimeField()),
                (
                    "group",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        to="workspaces.group",
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
            name="ScimRequest",
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
                ("at", models.DateTimeField()),
                ("method", models.CharField(max_length=10)),
                ("path", models.CharField(max_length=200)),
                ("status", models.PositiveSmallIntegerField()),
                ("outcome", models.CharField(blank=True, default="", max_length=40)),
                ("token", models.UUIDField(null=True)),
                (
                    "user_agent",
                    models.CharField(blank=True, default="", max_length=200),
                ),
                ("took_ms", models.PositiveIntegerField()),
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
            name="ScimResource",
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
                (
                    "kind",
                    models.CharField(
                        choices=[("User", "User"), ("Group", "Group")], max_length=10
                    ),
                ),
                ("public_id", models.UUIDField(default=uuid.uuid4, unique=True)),
                ("folded_name", models.CharField(db_collation="C", max_length=800)),
                (
                    "external_id",
                    models.CharField(
                        blank=True, db_collation="C", default="", max_length=800
                    ),
                ),
                ("is_active", models.BooleanField(null=True)),
                (
                    "email_keys",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=800),
                        default=list,
                        size=None,
                    ),
                ),
                ("document", models.BinaryField()),
                ("version", models.PositiveIntegerField(default=1)),
                (
                    "conflict",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("no_address", "No Address"),
                            ("domain", "Domain"),
                            ("member_exists", "Member Exists"),
                            ("address_taken", "Address Taken"),
                            ("address_fixed", "Address Fixed"),
                        ],
                        default="",
                        max_length=20,
                    ),
                ),
                ("created_at", models.DateTimeField()),
                ("modified_at", models.DateTimeField()),
                (
                    "group",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="workspaces.group",
                    ),
                ),
                (
                    "membership",
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
            name="ScimSettings",
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
                ("adopts", models.BooleanField(default=False)),
                ("makes_owners", models.BooleanField(default=False)),
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
            name="GivenRole",
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
                ("role", models.CharField(max_length=30)),
                (
                    "membership",
                    models.OneToOneField(
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
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "role__in",
                                [
                                    "owner",
                                    "admin",
                                    "compliance_officer",
                                    "analytics_viewer",
                                    "member",
                                ],
                            )
                        ),
                        name="given_role_known",
                    )
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="group",
            constraint=models.UniqueConstraint(
                fields=("workspace", "folded_name"), name="group_name_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="group",
            constraint=models.UniqueConstraint(
                fields=("workspace", "id"), name="group_in_workspace"
            ),
        ),
        migrations.AddConstraint(
            model_name="group",
            constraint=models.CheckConstraint(
                condition=models.Q(("source__in", ["portal", "scim"])),
                name="group_source_known",
            ),
        ),
        migrations.AddIndex(
            model_name="groupmember",
            index=models.Index(
                fields=["workspace", "subject"], name="group_member_subject"
            ),
        ),
        migrations.AddIndex(
            model_name="groupmember",
            index=models.Index(
                fields=["workspace", "membership"], name="group_member_membership"
            ),
        ),
        migrations.AddConstraint(
            model_name="groupmember",
            constraint=models.UniqueConstraint(
                fields=("group", "subject"), name="group_member_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="grouprole",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "role__in",
                        [
                            "owner",
                            "admin",
                            "compliance_officer",
                            "analytics_viewer",
                            "member",
                        ],
                    )
                ),
                name="group_role_known",
            ),
        ),
        migrations.AddIndex(
            model_name="scimrequest",
            index=models.Index(fields=["workspace", "id"], name="scim_request_newest"),
        ),
        migrations.AddIndex(
            model_name="scimresource",
            index=models.Index(
                fields=["workspace", "kind", "id"], name="scim_in_order"
            ),
        ),
        migrations.AddIndex(
            model_name="scimresource",
            index=models.Index(
                fields=["workspace", "kind", "external_id"], name="scim_external_id"
            ),
        ),
        migrations.AddIndex(
            model_name="scimresource",
            index=django.contrib.postgres.indexes.GinIndex(
                fields=["email_keys"], name="scim_email_keys"
            ),
        ),
        migrations.AddIndex(
            model_name="scimresource",
            index=models.Index(
                condition=models.Q(("conflict", ""), _negated=True),
                fields=["workspace", "id"],
                name="scim_conflicts",
            ),
        ),
        migrations.AddConstraint(
            model_name="scimresource",
            constraint=models.UniqueConstraint(
                fields=("workspace", "kind", "folded_name"), name="scim_name_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="scimresource",
            constraint=models.UniqueConstraint(
                condition=models.Q(("membership__isnull", False)),
                fields=("workspace", "membership"),
                name="scim_member_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="scimresource",
            constraint=models.UniqueConstraint(
                condition=models.Q(("group__isnull", False)),
                fields=("workspace", "group"),
                name="scim_group_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="scimresource",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("group__isnull", False), ("kind", "Group")),
                    models.Q(("group__isnull", True), ("kind", "User")),
                    _connector="OR",
                ),
                name="scim_kind_with_its_row",
            ),
        ),
        migrations.AddConstraint(
            model_name="scimresource",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("conflict", ""),
                    (
                        "conflict__in",
                        [
                            "no_address",
                            "domain",
                            "member_exists",
                            "address_taken",
                            "address_fixed",
                        ],
                    ),
                    _connector="OR",
                ),
                name="scim_conflict_known",
            ),
        ),
        enable("workspaces_group", app=_DELETES),
        enable("workspaces_groupmember", app=_DELETES),
        enable("workspaces_grouprole", app=_DELETES, sweeper=()),
        enable("workspaces_givenrole", app=_DELETES, sweeper=()),
        enable("workspaces_scimresource", app=_DELETES, sweeper=()),
        enable("workspaces_scimsettings", sweeper=()),
        enable(
            "workspaces_scimrequest", app=("select", "insert", "delete"), sweeper=()
        ),
        *(
            composite_key(
                table,
                columns="workspace_id, membership_id",
                parent="workspaces_membership",
                to="workspace_id, id",
            )
            for table in (
                "workspaces_groupmember",
                "workspaces_givenrole",
                "workspaces_scimresource",
            )
        ),
        *(
            composite_key(
                table,
                columns="workspace_id, group_id",
                parent="workspaces_group",
                to="workspace_id, id",
            )
            for table in (
                "workspaces_groupmember",
                "workspaces_grouprole",
                "workspaces_scimresource",
            )
        ),
        doors(_DOORS, functions=_FUNCTIONS),
    ]
