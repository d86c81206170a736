"""Marks whose grants must be asked again when rights change; connectors can be deleted.

The mark is written by the database with the change itself, whoever makes it: a page,
SCIM, a job. Rows are only added, so that no writer waits for another.
"""

import django.db.models.deletion
from django.db import migrations, models

import workspaces.connectors.controls
from kit.rowsecurity import composite_key, doors, enable

_STATEMENTS = {
    # What a workspace gives and what a role says concern everybody; so does a role that
    # a group carries.
    "workspaces_baseline": ("insert", "update", "delete"),
    "workspaces_rolesetting": ("insert", "update", "delete"),
    "workspaces_roleassignment": ("insert", "delete"),
    "workspaces_groupmember": ("insert", "delete"),
}
_OF_EVERYBODY = """
create function workspaces_review_everybody() returns trigger
language plpgsql security definer set search_path = pg_catalog, public as $$
begin
    insert into public.workspaces_grantreview (workspace_id, reached, asked_at)
    select distinct workspace_id, 0, now() from touched;
    return null;
end $$;
create function workspaces_review_members() returns trigger
language plpgsql security definer set search_path = pg_catalog, public as $$
begin
    insert into public.workspaces_grantreview
        (workspace_id, membership_id, reached, asked_at)
    select distinct workspace_id, membership_id, 0, now() from touched
    where membership_id is not null or tg_table_name = 'workspaces_roleassignment';
    return null;
end $$;
create function workspaces_review_one() returns trigger
language plpgsql security definer set search_path = pg_catalog, public as $$
begin
    insert into public.workspaces_grantreview
        (workspace_id, membership_id, reached, asked_at)
    values (new.workspace_id, new.id, 0, now());
    return null;
end $$;
create function workspaces_review_workspace() returns trigger
language plpgsql security definer set search_path = pg_catalog, public as $$
begin
    insert into public.workspaces_grantreview (workspace_id, reached, asked_at)
    values (new.id, 0, now());
    return null;
end $$;
create trigger review_grants after update of seat, status on workspaces_membership
    for each row when (old.seat is distinct from new.seat
                       or old.status is distinct from new.status)
    execute function workspaces_review_one();
create trigger review_grants after update of plan on workspaces_workspace
    for each row when (old.plan is distinct from new.plan)
    execute function workspaces_review_workspace();
"""
_DUE = """
create function custos_due_grant_reviews(p_limit int)
returns table (workspace_id bigint, organization_id bigint)
language sql stable security definer set search_path = pg_catalog, public as $$
    select w.id, w.organization_id from public.workspaces_workspace w
    join (select r.workspace_id, min(r.id) as first
          from public.workspaces_grantreview r group by 1) due
      on due.workspace_id = w.id
    order by due.first limit p_limit
$$;
"""


def _triggers() -> str:
    made = _OF_EVERYBODY
    for table, events in _STATEMENTS.items():
        by_member = table in ("workspaces_roleassignment", "workspaces_groupmember")
        function = f"workspaces_review_{'members' if by_member else 'everybody'}"
        for event in events:
            rows = "old" if event == "delete" else "new"
            made += (
                f"create trigger review_grants_{event} after {event} on {table}"
                f" referencing {rows} table as touched"
                f" for each statement execute function {function}();"
            )
    return made


def _no_triggers() -> str:
    gone = "".join(
        f"drop trigger review_grants_{event} on {table};"
        for table, events in _STATEMENTS.items()
        for event in events
    )
    return f"""{gone}
    drop trigger review_grants on workspaces_membership;
    drop trigger review_grants on workspaces_workspace;
    drop function workspaces_review_everybody(); drop function workspaces_review_one();
    drop function workspaces_review_members();
    drop function workspaces_review_workspace();"""


class Migration(migrations.Migration):
    dependencies = [
        ("workspaces", "0027_join_requests"),
    ]

    operations = [
        migrations.CreateModel(
            name="GrantReview",
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
                ("reached", models.BigIntegerField(default=0)),
                ("asked_at", models.DateTimeField()),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="connector",
            name="connector_slug_once",
        ),
        migrations.RemoveConstraint(
            model_name="connectorcut",
            name="connector_cut_cause_known",
        ),
        migrations.AddField(
            model_name="connector",
            name="deleted_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="connector",
            name="actions_read_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddConstraint(
            model_name="connector",
            constraint=models.UniqueConstraint(
                condition=models.Q(("deleted_at__isnull", True)),
                fields=("workspace", "slug"),
                name="connector_slug_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="connector",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("deleted_at__isnull", True),
                    models.Q(
                        ("is_allowed", False),
                        models.Q(
                            ("kind", workspaces.connectors.controls.Kind["CATALOGUE"]),
                            _negated=True,
                        ),
                    ),
                    _connector="OR",
                ),
                name="connector_deleted_is_custom_and_off",
            ),
        ),
        migrations.AddConstraint(
            model_name="connectorcut",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "cause__in",
                        ["restricted", "member_left", "right_lost", "deleted"],
                    )
                ),
                name="connector_cut_cause_known",
            ),
        ),
        migrations.AddField(
            model_name="grantreview",
            name="membership",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                to="workspaces.membership",
            ),
        ),
        migrations.AddField(
            model_name="grantreview",
            name="workspace",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, to="workspaces.workspace"
            ),
        ),
        migrations.AddIndex(
            model_name="grantreview",
            index=models.Index(fields=["workspace", "id"], name="grant_review_next"),
        ),
        enable(
            "workspaces_grantreview",
            app=("select", "insert", "update", "delete"),
            sweeper=(),
        ),
        composite_key(
            "workspaces_grantreview",
            columns="workspace_id, membership_id",
            parent="workspaces_membership",
            to="workspace_id, id",
        ),
        migrations.RunSQL(_triggers(), _no_triggers()),
        doors(_DUE, functions=("custos_due_grant_reviews(integer)",)),
    ]
