"""Files of GPTs go by themselves: an owner, a key, a plan and a delete of their own."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from kit.rowsecurity import composite_key

_TABLE = "workspaces_gptfile"
_APP, _SWEEPER = (settings.DATABASE_ROLES[name] for name in ("app", "sweeper"))
_PLANS = ["team", "enterprise", "edu", "api"]
# Who saved the first version that names a file uploaded it. A GPT's own size counted
# its files too, which now count for themselves.
_FILL = """
update workspaces_gptfile f set plan_written = g.plan_written, owner_id = coalesce(
    (select v.author_id from workspaces_gptversion v
     where v.gpt_id = f.gpt_id and v.file_ids ? f.public_id::text
     order by v.number limit 1), g.owner_id)
from workspaces_gpt g where g.id = f.gpt_id;
update workspaces_gpt g set byte_count = greatest(0, g.byte_count - f.bytes)
from (select gpt_id, sum(byte_count) bytes from workspaces_gptfile group by gpt_id) f
where f.gpt_id = g.id;
"""
_UNFILL = """
update workspaces_gpt g set byte_count = g.byte_count + f.bytes
from (select gpt_id, sum(byte_count) bytes from workspaces_gptfile group by gpt_id) f
where f.gpt_id = g.id;
"""
_RIGHTS = f"""
grant update (deleted_at, deleted_by) on {_TABLE} to {_APP};
grant update, delete on {_TABLE} to {_SWEEPER};
create trigger {_TABLE}_key_is_young before insert on {_TABLE}
    for each row execute function workspaces_refuse_old_key();
"""
_NO_RIGHTS = f"""
drop trigger {_TABLE}_key_is_young on {_TABLE};
revoke update, delete on {_TABLE} from {_SWEEPER};
revoke update (deleted_at, deleted_by) on {_TABLE} from {_APP};
"""


def _owner(*, is_known: bool) -> models.ForeignKey:
    return models.ForeignKey(
        db_constraint=False,
        db_index=False,
        null=not is_known,
        on_delete=django.db.models.deletion.DO_NOTHING,
        related_name="+",
        to="workspaces.membership",
    )


def _plan(*, is_known: bool) -> models.CharField:
    return models.CharField(
        choices=[(plan, plan) for plan in _PLANS], max_length=20, null=not is_known
    )


def _both_or_neither(one: str, other: str) -> models.Q:
    return models.Q((f"{one}__isnull", True), (f"{other}__isnull", True)) | models.Q(
        (f"{one}__isnull", False), (f"{other}__isnull", False)
    )


class Migration(migrations.Migration):
    dependencies = [("workspaces", "0034_group_stays")]

    operations = [
        *(
            migrations.AddField(model_name="gptfile", name=name, field=field)
            for name, field in (
                ("owner", _owner(is_known=False)),
                ("plan_written", _plan(is_known=False)),
                ("key_id", models.UUIDField(null=True, unique=True)),
                ("key_made_at", models.DateTimeField(null=True)),
                ("deleted_at", models.DateTimeField(null=True)),
                ("deleted_by", models.CharField(max_length=20, null=True)),
            )
        ),
        migrations.RunSQL(_FILL, _UNFILL),
        # The rows just changed have events of deferred keys, which an alter refuses.
        migrations.RunSQL("set constraints all immediate", migrations.RunSQL.noop),
        migrations.AlterField("gptfile", "owner", _owner(is_known=True)),
        migrations.AlterField("gptfile", "plan_written", _plan(is_known=True)),
        *(
            migrations.AddConstraint(
                "gptfile", models.CheckConstraint(condition=condition, name=name)
            )
            for name, condition in (
                ("gptfile_key_and_when", _both_or_neither("key_id", "key_made_at")),
                (
                    "gptfile_deleted_who_and_when",
                    _both_or_neither("deleted_at", "deleted_by"),
                ),
                ("gptfile_plan_known", models.Q(("plan_written__in", _PLANS))),
            )
        ),
        *(
            migrations.AddIndex("gptfile", index)
            for index in (
                models.Index(fields=["workspace_id", "owner"], name="gptfile_of_owner"),
                models.Index(
                    fields=["workspace_id", "created_at"], name="gptfile_by_age"
                ),
                models.Index(
                    condition=models.Q(("deleted_at__isnull", False)),
                    fields=["workspace_id", "deleted_at", "id"],
                    name="gptfile_deleted",
                ),
                models.Index(
                    condition=models.Q(("key_id__isnull", True)),
                    fields=["id"],
                    name="gptfile_without_key",
                ),
            )
        ),
        composite_key(
            _TABLE,
            columns="workspace_id, owner_id",
            parent="workspaces_membership",
            to="workspace_id, id",
        ),
        migrations.RunSQL(_RIGHTS, _NO_RIGHTS),
    ]
