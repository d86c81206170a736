"""Exports of matters that could not be written, and what finds them."""

from django.db import migrations, models

from kit.rowsecurity import doors

_DOOR = """
create function custos_abandoned_exports(p_limit int) returns table (
    export uuid, slug text, job_state text
) language sql stable security definer set search_path = pg_catalog, public as $$
    select e.public_id, w.slug, j.state from public.retention_matterexport e
    join public.workspaces_workspace w on w.id = e.workspace_id
    join public.workspaces_job j on j.public_id = e.job_id
    where e.outcome is null and e.deleted_at is null
      and j.state not in ('queued', 'running')
    order by e.id limit p_limit
$$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("retention", "0023_kept_in_log"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="matterexport",
            name="matterexport_ended_with_outcome",
        ),
        migrations.AlterField(
            model_name="matterexport",
            name="outcome",
            field=models.CharField(
                choices=[
                    ("done", "Done"),
                    ("stopped", "Stopped"),
                    ("failed", "Failed"),
                ],
                max_length=10,
                null=True,
            ),
        ),
        migrations.AddConstraint(
            model_name="matterexport",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_at__isnull", True), ("outcome__isnull", True)),
                    models.Q(
                        ("ended_at__isnull", False),
                        ("outcome__in", ["done", "stopped", "failed"]),
                    ),
                    _connector="OR",
                ),
                name="matterexport_ended_with_outcome",
            ),
        ),
        doors(_DOOR, functions=("custos_abandoned_exports(int)",)),
    ]
