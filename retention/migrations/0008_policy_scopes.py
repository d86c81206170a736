"""Policies of groups, members and projects, for every governed kind; bounds of all."""

import uuid

import django.db.models.deletion
from django.db import migrations, models

from kit.rowsecurity import enable

# A key would keep a group or project from going, or the versions from outliving it.
_INSIDE = """
create function retention_policy_names_its_own() returns trigger
language plpgsql set search_path = pg_catalog, public as $$
begin
    if new.group_id is not null and not exists (
        select from public.workspaces_group g
        where g.workspace_id = new.workspace_id and g.id = new.group_id)
    or new.project_id is not null and not exists (
        select from public.workspaces_project p
        where p.workspace_id = new.workspace_id and p.id = new.project_id)
    then
        raise exception 'a policy names what is not in its workspace'
            using errcode = 'integrity_constraint_violation',
                  constraint = 'policy_scope_in_workspace';
    end if;
    return new;
end $$;
create trigger policy_scope_in_workspace before insert on retention_policy
    for each row execute function retention_policy_names_its_own();
"""
_NOT_INSIDE = """
drop trigger policy_scope_in_workspace on retention_policy;
drop function retention_policy_names_its_own();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("retention", "0007_gpts"),
        ("workspaces", "0027_join_requests"),
    ]

    operations = [
        migrations.CreateModel(
            name="PolicyBounds",
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
                    "content_kind",
                    models.CharField(default="conversations", max_length=40),
                ),
                ("version", models.PositiveIntegerField()),
                ("floor_days", models.PositiveIntegerField(null=True)),
                ("ceiling_days", models.PositiveIntegerField(null=True)),
                ("set_at", models.DateTimeField()),
                ("set_by", models.CharField(max_length=64)),
                ("in_force_at", models.DateTimeField()),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="policy",
            name="policy_scope_named",
        ),
        migrations.RemoveConstraint(
            model_name="policy",
            name="policy_workspace_version_once",
        ),
        migrations.RemoveConstraint(
            model_name="policy",
            name="policy_member_version_once",
        ),
        migrations.AddField(
            model_name="policy",
            name="content_kind",
            field=models.CharField(default="conversations", max_length=40),
        ),
        migrations.AddField(
            model_name="policy",
            name="group_id",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="policy",
            name="is_withdrawal",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="policy",
            name="project_id",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AlterField(
            model_name="policy",
            name="scope_kind",
            field=models.CharField(
                choices=[
                    ("workspace", "workspace"),
                    ("group", "group"),
                    ("member", "member"),
                    ("project", "project"),
                ],
                max_length=20,
            ),
        ),
        migrations.AddConstraint(
            model_name="policy",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("group_id__isnull", True),
                        ("membership_id__isnull", True),
                        ("project_id__isnull", True),
                        ("scope_kind", "workspace"),
                    ),
                    models.Q(
                        ("group_id__isnull", False),
                        ("membership_id__isnull", True),
                        ("project_id__isnull", True),
                        ("scope_kind", "group"),
                    ),
                    models.Q(
                        ("group_id__isnull", True),
                        ("membership_id__isnull", False),
                        ("project_id__isnull", True),
                        ("scope_kind", "member"),
                    ),
                    models.Q(
                        ("group_id__isnull", True),
                        ("membership_id__isnull", True),
                        ("project_id__isnull", False),
                        ("scope_kind", "project"),
                    ),
                    _connector="OR",
                ),
                name="policy_scope_named",
            ),
        ),
        migrations.AddConstraint(
            model_name="policy",
            constraint=models.UniqueConstraint(
                condition=models.Q(("scope_kind", "workspace")),
                fields=("workspace", "content_kind", "version"),
                name="policy_workspace_version_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="policy",
            constraint=models.UniqueConstraint(
                condition=models.Q(("scope_kind", "group")),
                fields=("workspace", "group_id", "content_kind", "version"),
                name="policy_group_version_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="policy",
            constraint=models.UniqueConstraint(
                condition=models.Q(("scope_kind", "member")),
                fields=("workspace", "membership_id", "content_kind", "version"),
                name="policy_member_version_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="policy",
            constraint=models.UniqueConstraint(
                condition=models.Q(("scope_kind", "project")),
                fields=("workspace", "project_id", "content_kind", "version"),
                name="policy_project_version_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="policy",
            constraint=models.CheckConstraint(
                condition=models.Q(("content_kind", ""), _negated=True),
                name="policy_content_kind_named",
            ),
        ),
        migrations.AddConstraint(
            model_name="policy",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("is_withdrawal", False),
                    models.Q(
                        ("days__isnull", True),
                        models.Q(("scope_kind", "workspace"), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="policy_withdrawal_leaves_it_to_a_wider_one",
            ),
        ),
        migrations.AddField(
            model_name="policybounds",
            name="workspace",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, to="workspaces.workspace"
            ),
        ),
        migrations.AddConstraint(
            model_name="policybounds",
            constraint=models.UniqueConstraint(
                fields=("workspace", "content_kind", "version"),
                name="policybounds_version_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="policybounds",
            constraint=models.CheckConstraint(
                condition=models.Q(("content_kind", ""), _negated=True),
                name="policybounds_content_kind_named",
            ),
        ),
        migrations.AddConstraint(
            model_name="policybounds",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("floor_days__isnull", True),
                        models.Q(("floor_days__gte", 1), ("floor_days__lte", 3650)),
                        _connector="OR",
                    ),
                    models.Q(
                        ("ceiling_days__isnull", True),
                        models.Q(("ceiling_days__gte", 1), ("ceiling_days__lte", 3650)),
                        _connector="OR",
                    ),
                ),
                name="policybounds_days_in_bounds",
            ),
        ),
        migrations.AddConstraint(
            model_name="policybounds",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("floor_days__isnull", True),
                    ("ceiling_days__isnull", True),
                    ("floor_days__lte", models.F("ceiling_days")),
                    _connector="OR",
                ),
                name="policybounds_floor_below_ceiling",
            ),
        ),
        migrations.AddConstraint(
            model_name="policybounds",
            constraint=models.CheckConstraint(
                condition=models.Q(("in_force_at__gte", models.F("set_at"))),
                name="policybounds_in_force_after_set",
            ),
        ),
        migrations.AddField(
            model_name="policy",
            name="is_own",
            field=models.BooleanField(default=False),
        ),
        migrations.RunSQL(
            "update retention_policy set is_own = true where scope_kind = 'member'",
            migrations.RunSQL.noop,
        ),
        migrations.AddConstraint(
            model_name="policy",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("is_own", False), ("scope_kind", "member"), _connector="OR"
                ),
                name="policy_own_is_of_a_member",
            ),
        ),
        enable("retention_policybounds", app=("select", "insert")),
        migrations.RunSQL(_INSIDE, _NOT_INSIDE),
    ]
