"""Nothing that lets somebody into a workspace is made once it is being emptied."""

from django.db import migrations

# The lock makes the change of state wait for whoever is making one: what they made is
# there when it ends all of them, and whoever comes later is refused.
_REFUSE = """
create function workspaces_refuse_way_in() returns trigger language plpgsql as $$
declare
    now_is text;
begin
    select w.state into now_is from workspaces_workspace w
        where w.id = new.workspace_id for share;
    if now_is in ('emptying', 'closed') then
        raise exception 'the workspace is being closed' using errcode = 'CU001';
    end if;
    return new;
end $$;
create trigger api_key_lets_in before insert on workspaces_apikey
    for each row execute function workspaces_refuse_way_in();
create trigger scim_token_lets_in before insert on workspaces_scimtoken
    for each row execute function workspaces_refuse_way_in();
create trigger invitation_lets_in before insert on workspaces_invitation
    for each row execute function workspaces_refuse_way_in();
create trigger join_request_lets_in before insert on workspaces_joinrequest
    for each row execute function workspaces_refuse_way_in();
create trigger membership_lets_in before insert on workspaces_membership
    for each row execute function workspaces_refuse_way_in();
create trigger grant_lets_in before insert on workspaces_connectorgrant
    for each row when (new.ended_at is null)
    execute function workspaces_refuse_way_in();
"""


class Migration(migrations.Migration):
    dependencies = [("workspaces", "0032_closing")]

    operations = [migrations.RunSQL(_REFUSE, migrations.RunSQL.noop)]
