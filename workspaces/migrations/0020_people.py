"""How members came and are found, a running count of them, and groups to be found."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models.functions import Lower

from kit.rowsecurity import enable

# Rows are only ever added, so that no writer waits for another; from time to time the
# rows of a workspace that nobody else holds are summed up. Everything is one
# transaction with the change that is counted.
_COUNT = """
create function workspaces_count_heads() returns trigger
language plpgsql security definer set search_path = pg_catalog, public as $$
begin
    if tg_op = 'INSERT' then
        insert into public.workspaces_headcount
            (workspace_id, role, status, seat, number)
        select workspace_id, role, status, seat, count(*)
          from after_rows group by 1, 2, 3, 4;
    elsif tg_op = 'DELETE' then
        insert into public.workspaces_headcount
            (workspace_id, role, status, seat, number)
        select workspace_id, role, status, seat, -count(*)
          from before_rows group by 1, 2, 3, 4;
    else
        insert into public.workspaces_headcount
            (workspace_id, role, status, seat, number)
        select workspace_id, role, status, seat, sum(one)
          from (select workspace_id, role, status, seat, 1 as one from after_rows
                union all
                select workspace_id, role, status, seat, -1 from before_rows) as moved
         group by 1, 2, 3, 4 having sum(one) <> 0;
    end if;
    if not found or random() > 0.03 then
        return null;
    end if;
    if tg_op = 'DELETE' then
        perform public.workspaces_sum_heads(workspace_id)
           from (select distinct workspace_id from before_rows) as touched;
    else
        perform public.workspaces_sum_heads(workspace_id)
           from (select distinct workspace_id from after_rows) as touched;
    end if;
    return null;
end $$;
create function workspaces_sum_heads(p_workspace bigint) returns void
language sql volatile security definer set search_path = pg_catalog, public as $$
    with picked as (
        select id from public.workspaces_headcount
         where workspace_id = p_workspace for update skip locked),
    gone as (
        delete from public.workspaces_headcount h using picked p where h.id = p.id
        returning h.workspace_id, h.role, h.status, h.seat, h.number)
    insert into public.workspaces_headcount (workspace_id, role, status, seat, number)
    select workspace_id, role, status, seat, sum(number)
      from gone group by 1, 2, 3, 4 having sum(number) <> 0;
$$;
revoke all on function workspaces_sum_heads(bigint) from public;
create trigger count_heads_in after insert on workspaces_membership
    referencing new table as after_rows
    for each statement execute function workspaces_count_heads();
create trigger count_heads_out after delete on workspaces_membership
    referencing old table as before_rows
    for each statement execute function workspaces_count_heads();
create trigger count_heads_moved after update on workspaces_membership
    referencing old table as before_rows new table as after_rows
    for each statement execute function workspaces_count_heads();
"""
_DROP_COUNT = """
drop trigger count_heads_in on workspaces_membership;
drop trigger count_heads_out on workspaces_membership;
drop trigger count_heads_moved on workspaces_membership;
drop function workspaces_count_heads();
drop function workspaces_sum_heads(bigint);
"""
_FILL = """
update workspaces_membership m set source = 'scim'
 where exists (
    select from workspaces_scimresource r where r.membership_id = m.id);
insert into workspaces_headcount (workspace_id, role, status, seat, number)
select workspace_id, role, status, seat, count(*)
  from workspaces_membership group by 1, 2, 3, 4;
"""
_KEY = models.CharField(db_collation="C", max_length=400)


class Migration(migrations.Migration):
    dependencies = [("workspaces", "0019_connectors")]

    operations = [
        migrations.CreateModel(
            name="Headcount",
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
                ("status", models.CharField(max_length=20)),
                ("seat", models.CharField(max_length=10)),
                ("number", models.BigIntegerField()),
                (
                    "workspace",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        to="workspaces.workspace",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="group",
            name="is_discoverable",
            field=models.BooleanField(default=True),
        ),
        migrations.AddIndex(
            model_name="groupmember",
            index=models.Index(
                fields=["workspace", "group", "id"], name="group_member_page"
            ),
        ),
        migrations.AddField(
            model_name="membership",
            name="source",
            field=models.CharField(
                choices=[
                    ("hand", "Added by hand"),
                    ("invitation", "By invitation"),
                    ("request", "By asking to join"),
                    ("sign_in", "By signing in"),
                    ("scim", "Kept by SCIM"),
                ],
                default="hand",
                max_length=20,
            ),
        ),
        migrations.AddField(
            model_name="membership",
            name="name_key",
            field=models.GeneratedField(
                db_persist=True, expression=Lower("name"), output_field=_KEY
            ),
        ),
        migrations.AddField(
            model_name="membership",
            name="surname_key",
            field=models.GeneratedField(
                db_persist=True,
                expression=models.Func(
                    Lower("name"),
                    models.Value("^(.*)\\s(\\S+)$"),
                    models.Value("\\2 \\1"),
                    function="regexp_replace",
                ),
                output_field=_KEY,
            ),
        ),
        migrations.AddConstraint(
            model_name="membership",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("source__in", ["hand", "invitation", "request", "sign_in", "scim"])
                ),
                name="membership_source_known",
            ),
        ),
        migrations.AddIndex(
            model_name="membership",
            index=models.Index(
                condition=models.Q(("status", "active"), _negated=True),
                fields=["workspace", "status", "email", "id"],
                name="membership_status",
            ),
        ),
        migrations.AddIndex(
            model_name="membership",
            index=models.Index(
                fields=["workspace", "seat", "email", "id"], name="membership_seat"
            ),
        ),
        migrations.AddIndex(
            model_name="membership",
            index=models.Index(
                fields=["workspace", "source", "email", "id"], name="membership_source"
            ),
        ),
        migrations.AddIndex(
            model_name="membership",
            index=models.Index(
                fields=["workspace", "name_key"], name="membership_name"
            ),
        ),
        migrations.AddIndex(
            model_name="membership",
            index=models.Index(
                fields=["workspace", "surname_key"], name="membership_surname"
            ),
        ),
        enable("workspaces_headcount", app=("select",), sweeper=()),
        migrations.RunSQL(_COUNT, _DROP_COUNT),
        migrations.RunSQL(_FILL, migrations.RunSQL.noop),
    ]
