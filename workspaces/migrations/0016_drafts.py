"""A draft of a connection needs no identity provider yet; domains can be released."""

from django.conf import settings
from django.db import migrations, models

from kit.rowsecurity import doors

# Connections of all organizations whose metadata is to be read again: ids only.
_DUE = """
create function custos_due_metadata(p_at timestamptz, p_limit int) returns table (
    connection_id bigint, organization_id bigint, slug text
) language sql volatile security definer set search_path = pg_catalog, public as $$
    select c.id, c.organization_id, c.slug::text
      from public.workspaces_samlconnection c
     where c.metadata_due_at <= p_at
     order by c.metadata_due_at, c.id limit p_limit
$$;
"""


def _may_delete(table: str) -> migrations.RunSQL:
    app = settings.DATABASE_ROLES["app"]
    return migrations.RunSQL(
        f"grant delete on {table} to {app}", f"revoke delete on {table} from {app}"
    )


class Migration(migrations.Migration):
    dependencies = [("workspaces", "0015_ways_in_security")]

    operations = [
        migrations.RemoveConstraint(
            model_name="samlconnection", name="connection_is_named"
        ),
        migrations.AddConstraint(
            model_name="samlconnection",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("slug", ""), _negated=True),
                    models.Q(
                        ("state", "draft"),
                        models.Q(
                            models.Q(("idp_entity_id", ""), _negated=True),
                            models.Q(("sso_url", ""), _negated=True),
                        ),
                        _connector="OR",
                    ),
                ),
                name="connection_is_named",
            ),
        ),
        migrations.AddField(
            model_name="spkey",
            name="warned_days",
            field=models.PositiveSmallIntegerField(null=True),
        ),
        _may_delete("workspaces_maildomain"),
        _may_delete("workspaces_samlconnection"),
        doors(_DUE, functions=("custos_due_metadata(timestamptz, int)",)),
    ]
