"""From how many days, and when, an organization shortened the days of details."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0023_erasure_of_streams"),
    ]

    operations = [
        migrations.AddField(
            model_name="auditexpiry",
            name="longer_days",
            field=models.IntegerField(null=True),
        ),
        migrations.AddField(
            model_name="auditexpiry",
            name="shortened_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddConstraint(
            model_name="auditexpiry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("longer_days__isnull", True), ("shortened_at__isnull", True)
                    ),
                    models.Q(
                        ("longer_days__gt", models.F("days")),
                        ("longer_days__isnull", False),
                        ("shortened_at__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="audit_expiry_shortened_from_and_when",
            ),
        ),
    ]
