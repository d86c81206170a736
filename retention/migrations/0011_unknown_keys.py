"""Lets a process that sees no tenant ask whether a database was restored."""

from django.db import migrations

from kit.rowsecurity import doors

# Ids of keys alone go in and out. The newest rows answer nearly always; only what is not
# among them makes the whole queue be read.
_DOORS = """
create function retention_unknown_keys(p_keys uuid[]) returns setof uuid
language plpgsql stable security definer set search_path = pg_catalog, public as $$
declare
    missing uuid[];
begin
    select array_agg(k) into missing from unnest(p_keys) k where k not in (
        select d.object_id from (
            select x.object_id, x.kind from public.retention_doom x
            order by x.id desc limit 20000) d
        where d.kind = 'key');
    if missing is null then
        return;
    end if;
    return query select k from unnest(missing) k where not exists (
        select from public.retention_doom d where d.kind = 'key' and d.object_id = k);
end $$;
create function retention_destroyed_keys(p_most integer) returns setof uuid
language sql stable security definer set search_path = pg_catalog, public as $$
    select d.object_id from (
        select x.object_id, x.kind, x.destroyed_at from public.retention_doom x
        order by x.id desc limit p_most) d
    where d.kind = 'key' and d.destroyed_at is not null
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("retention", "0010_lanes_and_schedules")]

    operations = [
        doors(
            _DOORS,
            functions=(
                "retention_unknown_keys(uuid[])",
                "retention_destroyed_keys(integer)",
            ),
            roles=("app", "sweeper"),
        ),
    ]
