"""Ties rows to their log, and takes rights that nobody needs.

Details are keyed and checked within their organization: with the key of an entry
alone, one organization could claim what another is about to write. The same goes for
ids of verifications, which the app may no longer choose. Facets keep what they repeat
of a leaf, logs keep what they are, and nobody looks at the counters behind the ids of
all organizations.
"""

from django.conf import settings
from django.db import migrations, models

_ROLES = settings.DATABASE_ROLES
_APP, _SWEEPER, _SEQUENCER = (_ROLES[name] for name in ("app", "sweeper", "sequencer"))

_KEY = (
    "alter table audit_detail drop constraint audit_detail_pkey;"
    " alter table audit_detail add constraint audit_detail_pkey"
    " primary key ({columns})"
)

# A trigger of the statement sees the entry that the same statement wrote. A foreign
# key would see it too, but locks the entry's row and needs another index on the table
# that everybody writes to; and entries never go while their details stay, except by the
# hand of the tables' owner.
_DETAIL_HAS_ENTRY = """
create function audit_demand_entry() returns trigger language plpgsql as $$
begin
    if exists (
        select from written w where not exists (
            select from public.audit_entry e
             where e.id = w.entry_id and e.organization_id = w.organization_id))
    then
        raise exception 'details belong to an entry of the same organization'
            using errcode = 'foreign_key_violation';
    end if;
    return null;
end $$;
create trigger audit_detail_has_entry after insert on audit_detail
    referencing new table as written
    for each statement execute function audit_demand_entry();
"""
_DROP_DETAIL_HAS_ENTRY = """
drop trigger audit_detail_has_entry on audit_detail;
drop function audit_demand_entry();
"""

# A log may be renamed with its organization. What it is, where it leads and which key
# seals its details never change.
_LOG_IS_FIXED = """
create trigger audit_log_append_only before delete or truncate on audit_log
    for each statement execute function audit_refuse_change();
create trigger audit_log_fixed
    before update of organization_id, uuid, origin, key_id, opened_at on audit_log
    for each statement execute function audit_refuse_change();
"""
_DROP_LOG_IS_FIXED = """
drop trigger audit_log_append_only on audit_log;
drop trigger audit_log_fixed on audit_log;
"""

_GIVEN = (
    "organization_id, public_id, state, requested_at, ended_at, entries, checked,"
    " finding, bad_epoch, first_bad_index"
)
_RESULT = "state, ended_at, entries, checked, finding, bad_epoch, first_bad_index"


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_protection")]

    operations = [
        # Django alters no composite key; the state follows what SQL does.
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    _KEY.format(columns="organization_id, entry_id, part"),
                    _KEY.format(columns="entry_id, part"),
                )
            ],
            state_operations=[
                migrations.AlterField(
                    model_name="auditdetail",
                    name="pk",
                    field=models.CompositePrimaryKey(
                        "organization_id",
                        "entry_id",
                        "part",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                )
            ],
        ),
        migrations.RunSQL(_DETAIL_HAS_ENTRY, _DROP_DETAIL_HAS_ENTRY),
        migrations.RunSQL(_LOG_IS_FIXED, _DROP_LOG_IS_FIXED),
        migrations.RunSQL(
            [
                f"grant select (organization_id) on audit_detail to {_SEQUENCER}",
                f"revoke update on audit_facet from {_SWEEPER}",
                f"grant update (actor) on audit_facet to {_SWEEPER}",
                f"revoke insert, update on audit_verification from {_APP}",
                f"grant insert ({_GIVEN}), update ({_RESULT}) on audit_verification"
                f" to {_APP}",
                "revoke all on sequence audit_entry_id_seq, audit_verification_id_seq"
                f" from {_APP}, {_SWEEPER}, {_SEQUENCER}",
            ],
            [
                f"revoke select (organization_id) on audit_detail from {_SEQUENCER}",  # noqa: S608
                f"grant update on audit_facet to {_SWEEPER}",
                f"grant insert, update on audit_verification to {_APP}",
                "grant usage, select on sequence audit_entry_id_seq,"
                f" audit_verification_id_seq to {_APP}, {_SWEEPER}, {_SEQUENCER}",
            ],
        ),
    ]
