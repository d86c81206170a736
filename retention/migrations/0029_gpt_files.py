"""The second line of holds for files of GPTs: their own, and that of their GPT.

What covers a GPT (by whose it is, who wrote a version, or whose file hangs on it)
covers each file of it. Where the GPT itself goes in the same act its own guard decides,
and of files that go together each asks for itself.
"""

from django.db import migrations

from retention.holds.guarding import guard

_ACTIVE = "(h.released_at is null or h.release_grace_until > moment)"
_MOMENT = "coalesce(nullif(current_setting('custos.at', true), '')::timestamptz, now())"


def _wants(*names: str) -> str:
    array = ", ".join(f"'{name}'" for name in names)
    return f"(h.content_kinds is null or h.content_kinds && array[{array}])"


def _span(created: str, active: str) -> str:
    return f"""coalesce(case when h.dates_of = 'creation' then {created}
                     else {active} end >= h.from_at, true)
        and coalesce({created} <= h.until_at, true)"""


# The arms `_of_whole` of `retention.holds.coverage`.
_GUARD = f"""
create function retention_refuse_held_gpt_file() returns trigger
language plpgsql security definer set search_path = pg_catalog, public as $$
declare
    moment timestamptz := {_MOMENT};
begin
    if exists (
        select from gone g join public.workspaces_gpt p
            on p.id = g.gpt_id and p.workspace_id = g.workspace_id
        join public.retention_holdscope h
            on h.workspace_id = p.workspace_id and h.membership_id = p.owner_id
        where {_ACTIVE} and {_wants("gpts")}
          and {_span("p.created_at", "p.updated_at")}
    ) or exists (
        select from gone g join public.workspaces_gptversion p
            on p.gpt_id = g.gpt_id and p.workspace_id = g.workspace_id
        join public.retention_holdscope h
            on h.workspace_id = p.workspace_id and h.membership_id = p.author_id
        where {_ACTIVE} and {_wants("gpts")}
          and {_span("p.created_at", "p.created_at")}
    ) or exists (
        select from gone g join public.workspaces_gptfile p
            on p.gpt_id = g.gpt_id and p.workspace_id = g.workspace_id
        join public.retention_holdscope h
            on h.workspace_id = p.workspace_id and h.membership_id = p.owner_id
        where {_ACTIVE} and {_wants("gpts", "gpt_files")}
          and {_span("p.created_at", "p.created_at")}
    ) then
        raise exception 'a legal hold covers what was to be deleted'
            using errcode = 'integrity_constraint_violation',
                  constraint = 'workspaces_gptfile_is_not_held';
    end if;
    return null;
end $$;
create trigger workspaces_gptfile_is_not_held_with_its_gpt
    after delete on workspaces_gptfile referencing old table as gone
    for each statement execute function retention_refuse_held_gpt_file();
"""  # noqa: S608 -- constants


class Migration(migrations.Migration):
    dependencies = [
        ("retention", "0028_forgetting"),
        ("workspaces", "0035_gpt_files"),
    ]

    operations = [
        guard(
            "workspaces_gptfile",
            kinds=["gpts", "gpt_files"],
            scope=("gpt_id", "gpt_id"),
        ),
        migrations.RunSQL(
            _GUARD,
            "drop trigger workspaces_gptfile_is_not_held_with_its_gpt"
            " on workspaces_gptfile; drop function retention_refuse_held_gpt_file();",
        ),
    ]
