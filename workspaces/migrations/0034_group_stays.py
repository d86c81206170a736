"""When members came into their groups, and who left which one lately."""

import django.db.models.deletion
from django.db import migrations, models

from kit.rowsecurity import composite_key, enable


class Migration(migrations.Migration):
    dependencies = [
        ("workspaces", "0033_no_way_in"),
    ]

    operations = [
        migrations.AddField(
            model_name="groupmember",
            name="joined_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.CreateModel(
            name="FormerGroupMember",
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
                ("group_id", models.BigIntegerField()),
                ("left_at", models.DateTimeField()),
                (
                    "membership",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        to="workspaces.membership",
                    ),
                ),
                (
                    "workspace",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        to="workspaces.workspace",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["workspace", "group_id", "left_at"],
                        name="former_group_member_by_group",
                    ),
                    models.Index(
                        fields=["workspace", "membership"],
                        name="former_group_member_person",
                    ),
                ],
            },
        ),
        enable("workspaces_formergroupmember", app=("select", "insert", "delete")),
        composite_key(
            "workspaces_formergroupmember",
            columns="workspace_id, membership_id",
            parent="workspaces_membership",
            to="workspace_id, id",
        ),
    ]
