"""Lanes, parts of windows, vacuums of large runs, and schedules of sweeps."""

import django.db.models.deletion
from django.db import migrations, models

from kit.rowsecurity import enable


class Migration(migrations.Migration):
    dependencies = [
        ("retention", "0009_matters"),
        ("workspaces", "0027_join_requests"),
    ]

    operations = [
        migrations.CreateModel(
            name="SweepSchedule",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                (
                    "cadence",
                    models.CharField(
                        choices=[("hourly", "hourly"), ("daily", "daily")],
                        max_length=10,
                    ),
                ),
                ("daily_at", models.TimeField(null=True)),
                ("window_begins", models.TimeField(null=True)),
                ("window_ends", models.TimeField(null=True)),
                (
                    "busy_pace",
                    models.CharField(
                        choices=[
                            ("full", "full"),
                            ("paced", "paced"),
                            ("stopped", "stopped"),
                        ],
                        max_length=10,
                    ),
                ),
                ("zone", models.CharField(max_length=64)),
                ("set_by", models.CharField(max_length=64)),
                ("set_at", models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name="sweeprun",
            name="behind_since",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="sweeprun",
            name="lane",
            field=models.CharField(
                choices=[("fast", "Fast"), ("slow", "Slow")],
                default="fast",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="sweeprun",
            name="vacuum_note",
            field=models.CharField(db_default="", default="", max_length=200),
        ),
        migrations.AddField(
            model_name="sweeprun",
            name="vacuumed_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="sweepslice",
            name="tried",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddConstraint(
            model_name="sweeprun",
            constraint=models.CheckConstraint(
                condition=models.Q(("lane__in", ["fast", "slow"])),
                name="sweeprun_lane_known",
            ),
        ),
        migrations.AddField(
            model_name="sweepschedule",
            name="workspace",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, to="workspaces.workspace"
            ),
        ),
        migrations.AddConstraint(
            model_name="sweepschedule",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("cadence", "daily"), ("daily_at__isnull", False)),
                    models.Q(("cadence", "hourly"), ("daily_at__isnull", True)),
                    _connector="OR",
                ),
                name="sweepschedule_daily_has_its_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="sweepschedule",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("window_begins__isnull", True), ("window_ends__isnull", True)
                    ),
                    models.Q(
                        ("window_begins__isnull", False), ("window_ends__isnull", False)
                    ),
                    _connector="OR",
                ),
                name="sweepschedule_window_has_both_ends",
            ),
        ),
        migrations.AddConstraint(
            model_name="sweepschedule",
            constraint=models.CheckConstraint(
                condition=models.Q(("busy_pace__in", ["paced", "stopped"])),
                name="sweepschedule_pace_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="sweepschedule",
            constraint=models.CheckConstraint(
                condition=models.Q(("zone", ""), _negated=True),
                name="sweepschedule_has_a_zone",
            ),
        ),
        enable("retention_sweepschedule"),
    ]
