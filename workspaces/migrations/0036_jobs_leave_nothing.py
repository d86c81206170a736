"""What jobs were given and what they left goes some days after their end."""

from django.db import migrations, models

from kit.rowsecurity import doors

# Ids only, each is then opened in its scope; the condition is that of the index.
_DOOR = """
create function custos_expired_jobs(p_before timestamptz, p_limit int) returns table (
    job_id bigint, organization_id bigint
) language sql stable security definer set search_path = pg_catalog, public as $$
    select j.id, j.organization_id from public.workspaces_job j
     where j.ended_at is not null
       and (j.result_blob_id is not null or not (j.arguments = '{}'::jsonb))
       and j.ended_at <= p_before
     order by j.ended_at, j.id limit p_limit
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("workspaces", "0035_gpt_files")]

    operations = [
        migrations.AddIndex(
            model_name="job",
            index=models.Index(
                fields=["ended_at", "id"],
                name="job_leavings",
                condition=models.Q(
                    ("ended_at__isnull", False),
                    models.Q(
                        ("result_blob_id__isnull", False),
                        models.Q(("arguments", {}), _negated=True),
                        _connector="OR",
                    ),
                ),
            ),
        ),
        doors(_DOOR, functions=("custos_expired_jobs(timestamptz, int)",)),
    ]
