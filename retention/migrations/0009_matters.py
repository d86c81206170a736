"""Scopes with kinds and dates; release by two persons; what changes hands stays."""

import uuid

import django.contrib.postgres.fields
import django.contrib.postgres.functions
import django.db.models.deletion
from django.db import migrations, models

from kit.rowsecurity import composite_key, enable
from retention.holds.guarding import guard

_ACTIVE = "(h.released_at is null or h.release_grace_until > moment)"
_MOMENT = "coalesce(nullif(current_setting('custos.at', true), '')::timestamptz, now())"
_REFUSAL = """
        raise exception 'a legal hold covers what was to be deleted'
            using errcode = 'integrity_constraint_violation',
"""


def _span(created: str, active: str) -> str:
    return f"""coalesce(case when h.dates_of = 'creation' then {created}
                     else {active} end >= h.from_at, true)
        and coalesce({created} <= h.until_at, true)"""


# The arms of `retention.holds.coverage`, over the rows that a statement deleted.
_GUARD = f"""
create or replace function retention_refuse_held() returns trigger
language plpgsql security definer set search_path = pg_catalog, public as $$
declare
    moment timestamptz := {_MOMENT};
begin
    if exists (
        select from gone g join public.retention_holdscope h
            on h.workspace_id = g.workspace_id and h.membership_id = g.owner_id
        where {_ACTIVE}
        and (h.content_kinds is null or h.content_kinds && array['conversations'])
        and {_span("g.created_at", "g.last_activity_at")}
    ) or exists (
        select from gone g join public.retention_holdscope h
            on h.workspace_id = g.workspace_id and h.conversation_id = g.id
        where {_ACTIVE}
    ) or exists (
        select from gone g join public.retention_holdscope h
            on h.workspace_id = g.workspace_id and h.project_id = g.project_id
        where {_ACTIVE}
        and (h.content_kinds is null or h.content_kinds && array['conversations'])
        and {_span("g.created_at", "g.last_activity_at")}
    ) then
        {_REFUSAL}                  constraint = 'conversation_is_not_held';
    end if;
    return null;
end $$;
"""  # noqa: S608 -- constants
# Arguments: owner's column, kinds, column of last activity, and what names the row:
# the scope's column and the row's own. One that is named itself is covered whole.
_GUARD_OF_KINDS = f"""
create or replace function retention_refuse_held_kind() returns trigger
language plpgsql security definer set search_path = pg_catalog, public as $$
declare
    moment timestamptz := {_MOMENT};
    kinds text[] := string_to_array(tg_argv[1], ',');
    narrows text := $q$ (h.content_kinds is null or h.content_kinds && $2)
        and {_span("g.created_at", "g.%1$I")} $q$;
    is_held boolean;
begin
    execute format(
        'select exists (select from gone g join public.retention_holdscope h'
        ' on h.workspace_id = g.workspace_id and h.membership_id = g.%2$I'
        ' where (h.released_at is null or h.release_grace_until > $1) and '
        || narrows || ')', tg_argv[2], tg_argv[0])
        into is_held using moment, kinds;
    if not is_held and tg_argv[3] <> '' then
        execute format(
            'select exists (select from gone g join public.retention_holdscope h'
            ' on h.workspace_id = g.workspace_id and h.%2$I = g.%3$I'
            ' where (h.released_at is null or h.release_grace_until > $1) and '
            || case when tg_argv[4] = 'id' then 'true' else narrows end || ')',
            tg_argv[2], tg_argv[3], tg_argv[4])
            into is_held using moment, kinds;
    end if;
    if is_held then
        {_REFUSAL}                  constraint = tg_table_name || '_is_not_held';
    end if;
    return null;
end $$;
"""  # noqa: S608 -- constants
# What a hold covers because of whose it is, or of the project it is in, is named
# itself once that changes: handing over, leaving and moving take nothing out of a hold.
# It writes only where a hold covers something: a purge of a project empties the column
# too, and an insert of no rows would still take a lock that two purges cannot share.
_KEPT = f"""
    from public.retention_holdscope h
    where h.workspace_id = old.workspace_id and {_ACTIVE}
      and (h.membership_id = old.owner_id and old.owner_id is distinct from new.owner_id
           or h.project_id = project)
      and (h.content_kinds is null or tg_argv[1] = any(h.content_kinds))
      and {_span("old.created_at", "active")}
"""
_KEEP = f"""
create function retention_keep_held() returns trigger
language plpgsql security definer set search_path = pg_catalog, public as $$
declare
    moment timestamptz := {_MOMENT};
    project bigint;
    active timestamptz;
begin
    if tg_argv[0] = 'conversation' then
        active := old.last_activity_at;
        if old.project_id is distinct from new.project_id then
            project := old.project_id;
        end if;
    elsif tg_argv[0] = 'project' then
        active := old.changed_at;
    else
        active := old.updated_at;
    end if;
    if exists (select {_KEPT}) then
        insert into public.retention_holdscope (workspace_id, hold_id, kind,
            conversation_id, project_id, gpt_id, content_kinds, placed_at,
            released_at, release_grace_until)
        select h.workspace_id, h.hold_id, tg_argv[0],
            case tg_argv[0] when 'conversation' then old.id end,
            case tg_argv[0] when 'project' then old.id end,
            case tg_argv[0] when 'gpt' then old.id end,
            case tg_argv[0] when 'project' then array['projects'] end,
            moment, h.released_at, h.release_grace_until
        {_KEPT}
        on conflict do nothing;
    end if;
    return null;
end $$;
create trigger conversation_stays_held
    after update of owner_id, project_id on workspaces_conversation for each row
    when (old.owner_id is distinct from new.owner_id
          or (old.project_id is not null
              and old.project_id is distinct from new.project_id))
    execute function retention_keep_held('conversation', 'conversations');
create trigger project_stays_held
    after update of owner_id on workspaces_project for each row
    when (old.owner_id is distinct from new.owner_id)
    execute function retention_keep_held('project', 'projects');
create trigger gpt_stays_held
    after update of owner_id on workspaces_gpt for each row
    when (old.owner_id is distinct from new.owner_id)
    execute function retention_keep_held('gpt', 'gpts');
"""  # noqa: S608 -- constants
_NO_KEEP = """
drop trigger conversation_stays_held on workspaces_conversation;
drop trigger project_stays_held on workspaces_project;
drop trigger gpt_stays_held on workspaces_gpt;
drop function retention_keep_held();
"""


def _inside(table: str, column: str, parent: str) -> migrations.RunSQL:
    return composite_key(
        table, columns=f"workspace_id, {column}", parent=parent, to="workspace_id, id"
    )


class Migration(migrations.Migration):
    dependencies = [
        ("retention", "0008_policy_scopes"),
        ("workspaces", "0027_join_requests"),
    ]

    operations = [
        migrations.CreateModel(
            name="ReleaseGrace",
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
                ("days", models.PositiveIntegerField()),
                ("set_at", models.DateTimeField()),
                ("set_by", models.CharField(max_length=64)),
            ],
        ),
        migrations.CreateModel(
            name="ReleaseRequest",
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
                ("workspace_id", models.BigIntegerField()),
                ("public_id", models.UUIDField(default=uuid.uuid4, unique=True)),
                ("reason", models.BinaryField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("confirmed", "Confirmed"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        max_length=20,
                    ),
                ),
                ("requested_at", models.DateTimeField()),
                ("requested_by", models.CharField(max_length=64)),
                ("decided_at", models.DateTimeField(null=True)),
                ("decided_by", models.CharField(max_length=64, null=True)),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="holdscope",
            name="holdscope_names_what_it_covers",
        ),
        migrations.RemoveConstraint(
            model_name="holdscope",
            name="holdscope_member_once",
        ),
        migrations.RemoveConstraint(
            model_name="holdscope",
            name="holdscope_conversation_once",
        ),
        migrations.AddField(
            model_name="hold",
            name="description",
            field=models.BinaryField(null=True),
        ),
        migrations.AddField(
            model_name="hold",
            name="reference",
            field=models.BinaryField(null=True),
        ),
        migrations.AddField(
            model_name="holdscope",
            name="content_kinds",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.TextField(), null=True, size=None
            ),
        ),
        migrations.AddField(
            model_name="holdscope",
            name="dates_of",
            field=models.CharField(
                choices=[("life", "Life"), ("creation", "Creation")],
                db_default="life",
                default="life",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="holdscope",
            name="from_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="holdscope",
            name="gpt_id",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="holdscope",
            name="project_id",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="holdscope",
            name="public_id",
            field=models.UUIDField(
                db_default=django.contrib.postgres.functions.RandomUUID(), unique=True
            ),
        ),
        migrations.AddField(
            model_name="holdscope",
            name="until_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AlterField(
            model_name="holdscope",
            name="kind",
            field=models.CharField(
                choices=[
                    ("member", "Member"),
                    ("conversation", "Conversation"),
                    ("project", "Project"),
                    ("gpt", "Gpt"),
                ],
                max_length=20,
            ),
        ),
        migrations.AddIndex(
            model_name="holdscope",
            index=models.Index(
                condition=models.Q(("project_id__isnull", False)),
                fields=["workspace_id", "project_id"],
                name="holdscope_project",
            ),
        ),
        migrations.AddIndex(
            model_name="holdscope",
            index=models.Index(
                condition=models.Q(("gpt_id__isnull", False)),
                fields=["workspace_id", "gpt_id"],
                name="holdscope_gpt",
            ),
        ),
        migrations.AddIndex(
            model_name="holdscope",
            index=models.Index(fields=["hold", "id"], name="holdscope_of_hold"),
        ),
        migrations.AddConstraint(
            model_name="holdscope",
            constraint=models.UniqueConstraint(
                fields=("workspace_id", "id"), name="holdscope_in_workspace"
            ),
        ),
        migrations.AddConstraint(
            model_name="holdscope",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("conversation_id__isnull", True),
                        ("gpt_id__isnull", True),
                        ("kind", "member"),
                        ("membership_id__isnull", False),
                        ("project_id__isnull", True),
                    ),
                    models.Q(
                        ("conversation_id__isnull", False),
                        ("gpt_id__isnull", True),
                        ("kind", "conversation"),
                        ("membership_id__isnull", True),
                        ("project_id__isnull", True),
                    ),
                    models.Q(
                        ("conversation_id__isnull", True),
                        ("gpt_id__isnull", True),
                        ("kind", "project"),
                        ("membership_id__isnull", True),
                        ("project_id__isnull", False),
                    ),
                    models.Q(
                        ("conversation_id__isnull", True),
                        ("gpt_id__isnull", False),
                        ("kind", "gpt"),
                        ("membership_id__isnull", True),
                        ("project_id__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="holdscope_names_what_it_covers",
            ),
        ),
        migrations.AddConstraint(
            model_name="holdscope",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind__in", ("member", "project")),
                    models.Q(
                        ("content_kinds__isnull", True),
                        ("from_at__isnull", True),
                        ("until_at__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="holdscope_covers_one_thing_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="holdscope",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("from_at__isnull", True),
                    ("until_at__isnull", True),
                    ("from_at__lte", models.F("until_at")),
                    _connector="OR",
                ),
                name="holdscope_span_runs_forward",
            ),
        ),
        migrations.AddConstraint(
            model_name="holdscope",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("content_kinds__isnull", True),
                    ("content_kinds__len__gt", 0),
                    _connector="OR",
                ),
                name="holdscope_wants_some_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="holdscope",
            constraint=models.CheckConstraint(
                condition=models.Q(("dates_of__in", ["life", "creation"])),
                name="holdscope_dates_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="holdscope",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    ("membership_id__isnull", False), ("released_at__isnull", True)
                ),
                fields=("hold", "membership_id"),
                name="holdscope_member_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="holdscope",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    ("conversation_id__isnull", False), ("released_at__isnull", True)
                ),
                fields=("hold", "conversation_id"),
                name="holdscope_conversation_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="holdscope",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    ("project_id__isnull", False), ("released_at__isnull", True)
                ),
                fields=("hold", "project_id"),
                name="holdscope_project_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="holdscope",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    ("gpt_id__isnull", False), ("released_at__isnull", True)
                ),
                fields=("hold", "gpt_id"),
                name="holdscope_gpt_once",
            ),
        ),
        migrations.AddField(
            model_name="releasegrace",
            name="workspace",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, to="workspaces.workspace"
            ),
        ),
        migrations.AddField(
            model_name="releaserequest",
            name="hold",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="requests",
                to="retention.hold",
            ),
        ),
        migrations.AddField(
            model_name="releaserequest",
            name="scope",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="retention.holdscope",
            ),
        ),
        migrations.AddConstraint(
            model_name="releasegrace",
            constraint=models.CheckConstraint(
                condition=models.Q(("days__gte", 1), ("days__lte", 28)),
                name="releasegrace_inside_the_promise",
            ),
        ),
        migrations.AddIndex(
            model_name="releaserequest",
            index=models.Index(fields=["hold", "id"], name="releaserequest_of_hold"),
        ),
        migrations.AddConstraint(
            model_name="releaserequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("decided_at__isnull", True),
                        ("decided_by__isnull", True),
                        ("state", "waiting"),
                    ),
                    models.Q(
                        ("decided_at__isnull", False),
                        ("decided_by__isnull", False),
                        ("state__in", ["confirmed", "withdrawn"]),
                    ),
                    _connector="OR",
                ),
                name="releaserequest_decided_who_and_when",
            ),
        ),
        migrations.AddConstraint(
            model_name="releaserequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "confirmed"), _negated=True),
                    models.Q(("decided_by", models.F("requested_by")), _negated=True),
                    _connector="OR",
                ),
                name="releaserequest_second_person",
            ),
        ),
        migrations.AddConstraint(
            model_name="releaserequest",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "waiting")),
                fields=("hold", "scope"),
                name="releaserequest_one_waits",
                nulls_distinct=False,
            ),
        ),
        enable("retention_releaserequest", sweeper=()),
        enable("retention_releasegrace", sweeper=()),
        _inside("retention_releaserequest", "hold_id", "retention_hold"),
        _inside("retention_releaserequest", "scope_id", "retention_holdscope"),
        migrations.RunSQL(_GUARD, migrations.RunSQL.noop),
        migrations.RunSQL(_GUARD_OF_KINDS, migrations.RunSQL.noop),
        guard("workspaces_memory", kinds=["memories"]),
        guard(
            "workspaces_project",
            kinds=["projects"],
            active="changed_at",
            scope=("project_id", "id"),
        ),
        guard(
            "workspaces_projectfile",
            kinds=["project_files"],
            scope=("project_id", "project_id"),
        ),
        guard(
            "workspaces_gpt",
            kinds=["gpts"],
            active="updated_at",
            scope=("gpt_id", "id"),
        ),
        guard("workspaces_gptversion", owner="author_id", kinds=["gpts"]),
        migrations.RunSQL(_KEEP, _NO_KEEP),
    ]
