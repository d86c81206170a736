"""Policy texts of workspaces, and who acknowledged them."""

import django.db.models.deletion
from django.db import migrations, models

from kit.rowsecurity import composite_key, doors, enable

# As before, and from when a policy text stands before the member: never acknowledged in
# its newest version, from its beginning; else 30 days after the last time.
_MEMBERSHIPS = """
drop function custos_memberships_of(bigint);
create function custos_memberships_of(p_user bigint) returns table (
    organization_id bigint, organization_uuid uuid, organization_slug text,
    organization_name text, workspace_id bigint, workspace_uuid uuid, slug text,
    name text, plan text, membership_id bigint, membership_uuid uuid, role text,
    generation int, sso text, granted text[], acknowledge_from timestamptz
) language sql stable security definer set search_path = pg_catalog, public as $$
    select o.id, o.public_id, o.slug, o.name, w.id, w.public_id, w.slug, w.name,
           w.plan, m.id, m.public_id, m.role, m.generation, w.sso,
           coalesce((
               select array_agg(distinct g.permission)
               from public.workspaces_roleassignment a
               join public.workspaces_rolegrant g on g.role_id = a.role_id
               where a.workspace_id = m.workspace_id
                 and (a.membership_id = m.id or a.group_id in (
                     select x.group_id from public.workspaces_groupmember x
                     where x.workspace_id = m.workspace_id
                       and x.membership_id = m.id))), '{}'),
           (select case when p.text <> '' then coalesce((
                   select max(k.acknowledged_at) + interval '30 days'
                   from public.workspaces_acknowledgement k
                   where k.workspace_id = m.workspace_id
                     and k.membership_id = m.id and k.version = p.version), p.set_at)
               end
            from public.workspaces_policytext p
            where p.workspace_id = m.workspace_id order by p.version desc limit 1)
    from public.workspaces_membership m
    join public.workspaces_workspace w on w.id = m.workspace_id
    join public.workspaces_organization o on o.id = w.organization_id
    where m.user_id = p_user and m.status = 'active'
    order by w.name, w.id
$$;
"""
_SECURITY = [
    enable("workspaces_policytext", app=("select", "insert"), sweeper=()),
    enable("workspaces_acknowledgement", app=("select", "insert"), sweeper=()),
    composite_key(
        "workspaces_acknowledgement",
        columns="workspace_id, membership_id",
        parent="workspaces_membership",
        to="workspace_id, id",
    ),
    composite_key(
        "workspaces_acknowledgement",
        columns="workspace_id, version",
        parent="workspaces_policytext",
        to="workspace_id, version",
    ),
    doors(
        _MEMBERSHIPS,
        functions=("custos_memberships_of(bigint)",),
        roles=("app", "sweeper"),
    ),
]


class Migration(migrations.Migration):
    dependencies = [
        ("workspaces", "0025_gpts_security"),
    ]

    operations = [
        migrations.CreateModel(
            name="Acknowledgement",
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
                ("version", models.PositiveIntegerField()),
                ("acknowledged_at", models.DateTimeField()),
                (
                    "membership",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        to="workspaces.membership",
                    ),
                ),
                (
                    "workspace",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="workspaces.workspace",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=[
                            "workspace",
                            "membership",
                            "version",
                            "acknowledged_at",
                        ],
                        name="acknowledgement_of_member",
                    ),
                    models.Index(
                        fields=["workspace", "version", "acknowledged_at"],
                        name="acknowledgement_of_version",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PolicyText",
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
                ("version", models.PositiveIntegerField()),
                ("text", models.TextField()),
                ("set_at", models.DateTimeField()),
                ("set_by", models.CharField(max_length=64)),
                (
                    "workspace",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="workspaces.workspace",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("workspace", "version"), name="policytext_version_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("version__gte", 1)),
                        name="policytext_version_counts",
                    ),
                ],
            },
        ),
        *_SECURITY,
    ]
