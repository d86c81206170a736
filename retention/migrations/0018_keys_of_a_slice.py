"""Lets the keys of a slice be claimed and destroyed as one, with few writes."""

import django.db.models.deletion
from django.db import migrations, models

# What was purged before: each key finds the slice that planned its row.
_KEYS = """
update retention_doom set is_waiting = false where destroyed_at is not null;
update retention_doom d set slice_id = s.id, is_waiting = false
from retention_sweepslice s
where d.kind = 'key' and d.sweep_id = s.sweep_id and d.content_kind = s.kind
  and d.sort_id = any(s.ids);
update retention_sweepslice s set keys = k.n, doom_first = k.first, doom_last = k.last,
    keys_claimed_at = case when k.n = k.destroyed and s.done_at is not null
                           then k.claimed_at end,
    keys_destroyed_at = case when k.n = k.destroyed and s.done_at is not null
                             then k.destroyed_at end
from (select slice_id, count(*) n, min(id) first, max(id) last,
             count(destroyed_at) destroyed, max(claimed_at) claimed_at,
             max(destroyed_at) destroyed_at
      from retention_doom where slice_id is not null group by slice_id) k
where s.id = k.slice_id;
"""
# Each key is updated once; the new version finds room beside the old one.
_ROOM = "alter table retention_doom set (fillfactor = 60)"

# What waits to be destroyed: alone, or with its slice.
_NUMBERS = """
create or replace function retention_numbers(p_since timestamptz, out doomed bigint,
    out purged bigint, out took_ms bigint)
language sql stable security definer set search_path = pg_catalog, public as $$
    select (select count(*) from public.retention_doom d where d.is_waiting)
           + (select coalesce(sum(s.keys), 0) from public.retention_sweepslice s
              where s.keys > 0 and s.keys_destroyed_at is null),
           coalesce(sum(s.purged), 0)::bigint, coalesce(sum(s.took_ms), 0)::bigint
    from public.retention_sweepslice s where s.done_at >= p_since
$$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("retention", "0017_hold_notices"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="doom",
            name="doom_waiting",
        ),
        migrations.RemoveIndex(
            model_name="doom",
            name="doom_tombstone",
        ),
        migrations.AddField(
            model_name="doom",
            name="is_waiting",
            field=models.BooleanField(db_default=True),
        ),
        migrations.AddField(
            model_name="doom",
            name="slice",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                to="retention.sweepslice",
            ),
        ),
        migrations.AddField(
            model_name="sweepslice",
            name="doom_first",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="sweepslice",
            name="doom_last",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="sweepslice",
            name="keys",
            field=models.PositiveIntegerField(db_default=0),
        ),
        migrations.AddField(
            model_name="sweepslice",
            name="keys_claimed_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="sweepslice",
            name="keys_destroyed_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.RunSQL(_KEYS, migrations.RunSQL.noop),
        migrations.RunSQL(_ROOM, "alter table retention_doom reset (fillfactor)"),
        migrations.AddIndex(
            model_name="doom",
            index=models.Index(
                condition=models.Q(("is_waiting", True)),
                fields=["kind", "id"],
                name="doom_waiting",
            ),
        ),
        migrations.AddIndex(
            model_name="doom",
            index=models.Index(
                fields=["workspace_id", "content_id"], name="doom_tombstone"
            ),
        ),
        migrations.AddIndex(
            model_name="sweepslice",
            index=models.Index(
                condition=models.Q(
                    ("keys__gt", 0), ("keys_destroyed_at__isnull", True)
                ),
                fields=["id"],
                name="sweepslice_keys_waiting",
            ),
        ),
        migrations.RunSQL(_NUMBERS, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="doom",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("is_waiting", False),
                    models.Q(("destroyed_at__isnull", True), ("slice__isnull", True)),
                    _connector="OR",
                ),
                name="doom_waits_alone_or_with_its_slice",
            ),
        ),
        migrations.AddConstraint(
            model_name="sweepslice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("doom_first__isnull", True),
                        ("doom_last__isnull", True),
                        ("keys", 0),
                    ),
                    models.Q(
                        ("doom_first__isnull", False),
                        ("doom_first__lte", models.F("doom_last")),
                        ("doom_last__isnull", False),
                        ("keys__gt", 0),
                    ),
                    _connector="OR",
                ),
                name="sweepslice_keys_have_a_place",
            ),
        ),
        migrations.AddConstraint(
            model_name="sweepslice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("keys_destroyed_at__isnull", True),
                    models.Q(
                        ("done_at__isnull", False), ("keys_claimed_at__isnull", False)
                    ),
                    _connector="OR",
                ),
                name="sweepslice_keys_destroyed_only_after_claim",
            ),
        ),
    ]
