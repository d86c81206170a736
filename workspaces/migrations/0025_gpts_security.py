"""Row-level security, keys inside a workspace, cascades and guards of GPTs."""

from django.db import migrations

from kit.rowsecurity import cascade, composite_key, content_root, enable

_GPT = "workspaces_gpt"
_DELETES = ("select", "insert", "update", "delete")
# What services change of a GPT; its key, plan and birth are nobody's to change.
_CHANGES = (
    *("owner_id", "original_owner_id", "is_unassigned", "visibility"),
    *("latest_number", "public_number", "recipient_count", "editor_count"),
    *("file_count", "byte_count", "updated_at", "unpublished_at", "isolated_at"),
)
# A version is what somebody reviewed, used and was shown: it is never another text.
_VERSIONS_STAY = """
create function workspaces_refuse_new_text() returns trigger language plpgsql as $$
begin
    raise exception 'a version of a GPT is never changed'
        using errcode = 'integrity_constraint_violation',
              constraint = 'gpt_version_is_immutable';
end $$;
create trigger gpt_version_is_immutable before update on workspaces_gptversion
    for each row execute function workspaces_refuse_new_text();
"""
# Shares also go with a group that is deleted, where no service counts.
_COUNTS = """
create function workspaces_count_recipients() returns trigger language plpgsql
set search_path = pg_catalog, public as $$
declare
    v_gpt bigint := coalesce(new.gpt_id, old.gpt_id);
    v_came int := case tg_op when 'INSERT' then 1 when 'DELETE' then -1 else 0 end;
    v_write int := coalesce(new.can_write, false)::int
                   - coalesce(old.can_write, false)::int;
begin
    update public.workspaces_gpt
       set recipient_count = recipient_count + v_came,
           editor_count = editor_count + v_write
     where id = v_gpt and (v_came <> 0 or v_write <> 0);
    return null;
end $$;
create trigger gpt_share_is_counted after insert or update or delete
    on workspaces_gptshare for each row execute function workspaces_count_recipients();
"""


class Migration(migrations.Migration):
    dependencies = [("workspaces", "0024_gpts")]

    operations = [
        *content_root(_GPT, changes=_CHANGES),
        enable("workspaces_gptversion", app=("select", "insert")),
        enable("workspaces_gptfile", app=("select", "insert")),
        enable("workspaces_gptshare", app=_DELETES),
        enable("workspaces_gptreview"),
        enable("workspaces_gptpolicy", sweeper=()),
        enable("workspaces_actiondomain", app=_DELETES, sweeper=()),
        enable("workspaces_thirdpartyapproval", sweeper=()),
        *(
            cascade(
                f"workspaces_{table}",
                columns="workspace_id, gpt_id",
                parent=_GPT,
                to="workspace_id, id",
            )
            for table in ("gptversion", "gptfile", "gptshare", "gptreview")
        ),
        cascade(
            "workspaces_gptshare",
            columns="workspace_id, group_id",
            parent="workspaces_group",
            to="workspace_id, id",
        ),
        *(
            composite_key(
                f"workspaces_{table}",
                columns=f"workspace_id, {column}",
                parent="workspaces_membership",
                to="workspace_id, id",
            )
            for table, column in (
                ("gpt", "owner_id"),
                ("gpt", "original_owner_id"),
                ("gptversion", "author_id"),
                ("gptshare", "membership_id"),
                ("gptreview", "requester_id"),
                ("gptreview", "reviewer_id"),
            )
        ),
        migrations.RunSQL(
            _VERSIONS_STAY,
            "drop trigger gpt_version_is_immutable on workspaces_gptversion;"
            "drop function workspaces_refuse_new_text();",
        ),
        migrations.RunSQL(
            _COUNTS,
            "drop trigger gpt_share_is_counted on workspaces_gptshare;"
            "drop function workspaces_count_recipients();",
        ),
    ]
