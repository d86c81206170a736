"""The second line of holds for GPTs, and for versions that a held member wrote."""

from django.db import migrations

from retention.holds.guarding import guard


class Migration(migrations.Migration):
    dependencies = [
        ("retention", "0006_kinds"),
        ("workspaces", "0025_gpts_security"),
    ]

    operations = [
        guard("workspaces_gpt"),
        guard("workspaces_gptversion", owner="author_id"),
    ]
