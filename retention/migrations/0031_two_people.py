"""Who could approve when a draft was sent, and who lets a stopped sweep go on."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("retention", "0030_forgetting_more"),
        ("workspaces", "0035_gpt_files"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="sweepstop",
            name="sweepstop_cause_known",
        ),
        migrations.AddField(
            model_name="announcement",
            name="is_agreed",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="draftstep",
            name="asked",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=64), null=True, size=None
            ),
        ),
        migrations.AddField(
            model_name="sweepstop",
            name="agreed_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="sweepstop",
            name="agreed_by",
            field=models.CharField(default="", max_length=64),
        ),
        migrations.AddField(
            model_name="sweepstop",
            name="asked",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=64), default=list, size=None
            ),
        ),
        migrations.AddField(
            model_name="sweepstop",
            name="by_groups_n",
            field=models.PositiveBigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="sweepstop",
            name="needs_second",
            field=models.BooleanField(default=False),
        ),
        migrations.AddConstraint(
            model_name="draftstep",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind", "sent"), ("asked__isnull", True), _connector="OR"
                ),
                name="draftstep_asked_when_sent",
            ),
        ),
        migrations.AddConstraint(
            model_name="sweepstop",
            constraint=models.CheckConstraint(
                condition=models.Q(("cause__in", ["multiple", "share", "groups"])),
                name="sweepstop_cause_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="sweepstop",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("agreed_at__isnull", True), ("agreed_by", "")),
                    models.Q(
                        models.Q(("agreed_by", ""), _negated=True),
                        ("agreed_at__isnull", False),
                        ("needs_second", True),
                    ),
                    _connector="OR",
                ),
                name="sweepstop_agreed_who_and_when",
            ),
        ),
        migrations.AddConstraint(
            model_name="sweepstop",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("confirmed_by", ""),
                    models.Q(("confirmed_by", models.F("agreed_by")), _negated=True),
                    _connector="OR",
                ),
                name="sweepstop_two_people",
            ),
        ),
    ]
