"""The vault's table, and the guards that keep tombstones."""

import django.db.models.functions.datetime
from django.db import migrations, models

# The vault role owns the table, so privileges cannot hold it back; triggers do. They
# stop accidents and injected SQL of the application, not whoever owns the database.
KEEP_TOMBSTONES = """
create function vault_refuse() returns trigger language plpgsql as $$
begin
    raise exception 'a vault key is never deleted, and a destroyed one never revived'
        using errcode = 'restrict_violation';
end $$;
create trigger vault_key_is_never_deleted before delete on vault_vaultkey
    for each statement execute function vault_refuse();
create trigger vault_key_stays_destroyed before update on vault_vaultkey
    for each row when (old.destroyed_at is not null) execute function vault_refuse();
"""
DROP_GUARDS = """
drop trigger vault_key_stays_destroyed on vault_vaultkey;
drop trigger vault_key_is_never_deleted on vault_vaultkey;
drop function vault_refuse();
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="VaultKey",
            fields=[
                (
                    "id",
                    models.UUIDField(editable=False, primary_key=True, serialize=False),
                ),
                ("kind", models.CharField(max_length=12)),
                ("parent_id", models.UUIDField(null=True)),
                ("wrapped", models.BinaryField(null=True)),
                (
                    "made_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now()
                    ),
                ),
                ("destroyed_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("wrapped__isnull", False)),
                        fields=["kind", "made_at", "id"],
                        name="vault_key_live",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("kind__in", ["organization", "workspace", "conversation"])
                        ),
                        name="vault_key_kind",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("destroyed_at__isnull", False),
                                ("wrapped__isnull", True),
                            ),
                            models.Q(
                                ("destroyed_at__isnull", True),
                                ("wrapped__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="vault_key_destroyed_pair",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("kind", "organization"), ("parent_id__isnull", True)
                            ),
                            models.Q(
                                models.Q(("kind", "organization"), _negated=True),
                                ("parent_id__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="vault_key_top_is_organization",
                    ),
                ],
            },
        ),
        migrations.RunSQL(KEEP_TOMBSTONES, DROP_GUARDS),
    ]
