"""Logs that the sequencer refuses to sign, while it seals all others."""

from django.conf import settings
from django.db import migrations, models

import audit.log.fields
from kit.rowsecurity import By, enable

_SEQUENCER = settings.DATABASE_ROLES["sequencer"]


class Migration(migrations.Migration):
    dependencies = [("audit", "0003_ties")]

    operations = [
        migrations.CreateModel(
            name="AuditRefusal",
            fields=[
                (
                    "organization_id",
                    models.BigIntegerField(primary_key=True, serialize=False),
                ),
                ("reason", models.TextField()),
                ("since", models.DateTimeField()),
                ("after_epoch", models.IntegerField()),
                ("after_xid", audit.log.fields.TransactionIdField()),
                ("after_id", models.BigIntegerField()),
            ],
            options={"db_table": "audit_refusal"},
        ),
        enable("audit_refusal", by=By.ORGANIZATION, app=("select",)),
        migrations.RunSQL(
            f"""
            grant select, insert, update, delete on audit_refusal to {_SEQUENCER};
            create policy sequencer_all on audit_refusal to {_SEQUENCER}
                using (true) with check (true);
            """,
            migrations.RunSQL.noop,
        ),
    ]
