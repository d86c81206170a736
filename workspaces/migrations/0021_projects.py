"""Projects, their files and shares, memories; a conversation may be in a project."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from kit.rowsecurity import cascade, composite_key, content_root, enable


def _inside(table: str, column: str, parent: str) -> migrations.RunSQL:
    return composite_key(
        table, columns=f"workspace_id, {column}", parent=parent, to="workspace_id, id"
    )


# A purged project leaves its conversations: they are their members' own.
_FOLDER = """
alter table workspaces_conversation add constraint conversation_project_fk
    foreign key (workspace_id, project_id)
    references workspaces_project (workspace_id, id) on delete set null (project_id)
"""
_APP = settings.DATABASE_ROLES["app"]
_SECURITY = [
    *content_root("workspaces_memory", changes=()),
    *content_root(
        "workspaces_project",
        changes=("name", "instructions", "byte_count", "changed_at"),
    ),
    *content_root("workspaces_projectfile", changes=()),
    enable(
        "workspaces_projectshare",
        app=("select", "insert", "update", "delete"),
        sweeper=(),
    ),
    enable("workspaces_memorychoice", sweeper=()),
    *(
        _inside(table, column, "workspaces_membership")
        for table, column in (
            ("workspaces_memory", "owner_id"),
            ("workspaces_memorychoice", "membership_id"),
            ("workspaces_project", "owner_id"),
            ("workspaces_projectfile", "owner_id"),
            ("workspaces_projectshare", "membership_id"),
        )
    ),
    _inside("workspaces_projectshare", "group_id", "workspaces_group"),
    *(
        cascade(
            table,
            columns="workspace_id, project_id",
            parent="workspaces_project",
            to="workspace_id, id",
        )
        for table in ("workspaces_projectfile", "workspaces_projectshare")
    ),
    migrations.RunSQL(
        _FOLDER,
        "alter table workspaces_conversation drop constraint conversation_project_fk",
    ),
    migrations.RunSQL(
        f"grant update (project_id) on workspaces_conversation to {_APP}",
        f"revoke update (project_id) on workspaces_conversation from {_APP}",
    ),
]


class Migration(migrations.Migration):
    dependencies = [
        ("workspaces", "0020_people"),
    ]

    operations = [
        migrations.CreateModel(
            name="ProjectFile",
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
                ("public_id", models.UUIDField(default=uuid.uuid4, unique=True)),
                (
                    "plan_written",
                    models.CharField(
                        choices=[
                            ("team", "team"),
                            ("enterprise", "enterprise"),
                            ("edu", "edu"),
                            ("api", "api"),
                        ],
                        max_length=20,
                    ),
                ),
                ("key_id", models.UUIDField(unique=True)),
                ("key_made_at", models.DateTimeField()),
                ("sealed", models.BinaryField()),
                ("blob_id", models.UUIDField(unique=True)),
                ("size", models.PositiveBigIntegerField()),
                ("byte_count", models.BigIntegerField()),
                ("created_at", models.DateTimeField()),
                ("deleted_at", models.DateTimeField(null=True)),
                ("deleted_by", models.CharField(max_length=20, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="ProjectShare",
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
                ("public_id", models.UUIDField(default=uuid.uuid4, unique=True)),
                (
                    "right",
                    models.CharField(
                        choices=[("use", "Use"), ("edit", "Edit")], max_length=10
                    ),
                ),
                ("shared_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Memory",
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
                ("public_id", models.UUIDField(default=uuid.uuid4, unique=True)),
                (
                    "plan_written",
                    models.CharField(
                        choices=[
                            ("team", "team"),
                            ("enterprise", "enterprise"),
                            ("edu", "edu"),
                            ("api", "api"),
                        ],
                        max_length=20,
                    ),
                ),
                ("key_id", models.UUIDField(unique=True)),
                ("key_made_at", models.DateTimeField()),
                ("sealed", models.BinaryField()),
                ("byte_count", models.BigIntegerField()),
                ("created_at", models.DateTimeField()),
                ("deleted_at", models.DateTimeField(null=True)),
                ("deleted_by", models.CharField(max_length=20, null=True)),
                (
                    "owner",
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
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="workspaces.workspace",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="MemoryChoice",
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
                ("is_on", models.BooleanField()),
                ("changed_at", models.DateTimeField()),
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
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="workspaces.workspace",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Project",
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
                ("public_id", models.UUIDField(default=uuid.uuid4, unique=True)),
                (
                    "plan_written",
                    models.CharField(
                        choices=[
                            ("team", "team"),
                            ("enterprise", "enterprise"),
                            ("edu", "edu"),
                            ("api", "api"),
                        ],
                        max_length=20,
                    ),
                ),
                ("key_id", models.UUIDField(unique=True)),
                ("key_made_at", models.DateTimeField()),
                ("name", models.BinaryField()),
                ("instructions", models.BinaryField()),
                ("byte_count", models.BigIntegerField()),
                ("created_at", models.DateTimeField()),
                ("changed_at", models.DateTimeField()),
                ("deleted_at", models.DateTimeField(null=True)),
                ("deleted_by", models.CharField(max_length=20, null=True)),
                (
                    "owner",
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
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="workspaces.workspace",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="conversation",
            name="project",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                to="workspaces.project",
            ),
        ),
        migrations.AddIndex(
            model_name="conversation",
            index=models.Index(
                condition=models.Q(("project__isnull", False)),
                fields=["workspace", "project"],
                name="conversation_of_project",
            ),
        ),
        migrations.AddField(
            model_name="projectfile",
            name="owner",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                to="workspaces.membership",
            ),
        ),
        migrations.AddField(
            model_name="projectfile",
            name="project",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="files",
                to="workspaces.project",
            ),
        ),
        migrations.AddField(
            model_name="projectfile",
            name="workspace",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                to="workspaces.workspace",
            ),
        ),
        migrations.AddField(
            model_name="projectshare",
            name="group",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                to="workspaces.group",
            ),
        ),
        migrations.AddField(
            model_name="projectshare",
            name="membership",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                to="workspaces.membership",
            ),
        ),
        migrations.AddField(
            model_name="projectshare",
            name="project",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="shares",
                to="workspaces.project",
            ),
        ),
        migrations.AddField(
            model_name="projectshare",
            name="workspace",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                to="workspaces.workspace",
            ),
        ),
        migrations.AddIndex(
            model_name="memory",
            index=models.Index(
                fields=["workspace", "owner", "created_at", "id"],
                name="memory_of_owner",
            ),
        ),
        migrations.AddIndex(
            model_name="memory",
            index=models.Index(
                condition=models.Q(("deleted_at__isnull", False)),
                fields=["workspace", "deleted_at", "id"],
                name="memory_deleted",
            ),
        ),
        migrations.AddConstraint(
            model_name="memory",
            constraint=models.UniqueConstraint(
                fields=("workspace", "id"), name="memory_in_workspace"
            ),
        ),
        migrations.AddConstraint(
            model_name="memory",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("deleted_at__isnull", True), ("deleted_by__isnull", True)
                    ),
                    models.Q(
                        ("deleted_at__isnull", False), ("deleted_by__isnull", False)
                    ),
                    _connector="OR",
                ),
                name="memory_deleted_who_and_when",
            ),
        ),
        migrations.AddConstraint(
            model_name="memory",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("plan_written__in", ["team", "enterprise", "edu", "api"])
                ),
                name="memory_plan_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="memorychoice",
            constraint=models.UniqueConstraint(
                fields=("workspace", "membership"), name="memorychoice_member_once"
            ),
        ),
        migrations.AddIndex(
            model_name="project",
            index=models.Index(
                fields=["workspace", "owner", "changed_at", "id"],
                name="project_of_owner",
            ),
        ),
        migrations.AddIndex(
            model_name="project",
            index=models.Index(
                condition=models.Q(("deleted_at__isnull", False)),
                fields=["workspace", "deleted_at", "id"],
                name="project_deleted",
            ),
        ),
        migrations.AddConstraint(
            model_name="project",
            constraint=models.UniqueConstraint(
                fields=("workspace", "id"), name="project_in_workspace"
            ),
        ),
        migrations.AddConstraint(
            model_name="project",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("deleted_at__isnull", True), ("deleted_by__isnull", True)
                    ),
                    models.Q(
                        ("deleted_at__isnull", False), ("deleted_by__isnull", False)
                    ),
                    _connector="OR",
                ),
                name="project_deleted_who_and_when",
            ),
        ),
        migrations.AddConstraint(
            model_name="project",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("plan_written__in", ["team", "enterprise", "edu", "api"])
                ),
                name="project_plan_known",
            ),
        ),
        migrations.AddIndex(
            model_name="projectfile",
            index=models.Index(
                fields=["workspace", "project", "id"], name="projectfile_of_project"
            ),
        ),
        migrations.AddIndex(
            model_name="projectfile",
            index=models.Index(
                fields=["workspace", "owner"], name="projectfile_of_owner"
            ),
        ),
        migrations.AddIndex(
            model_name="projectfile",
            index=models.Index(
                condition=models.Q(("deleted_at__isnull", False)),
                fields=["workspace", "deleted_at", "id"],
                name="projectfile_deleted",
            ),
        ),
        migrations.AddConstraint(
            model_name="projectfile",
            constraint=models.UniqueConstraint(
                fields=("workspace", "id"), name="projectfile_in_workspace"
            ),
        ),
        migrations.AddConstraint(
            model_name="projectfile",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("deleted_at__isnull", True), ("deleted_by__isnull", True)
                    ),
                    models.Q(
                        ("deleted_at__isnull", False), ("deleted_by__isnull", False)
                    ),
                    _connector="OR",
                ),
                name="projectfile_deleted_who_and_when",
            ),
        ),
        migrations.AddConstraint(
            model_name="projectfile",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("plan_written__in", ["team", "enterprise", "edu", "api"])
                ),
                name="projectfile_plan_known",
            ),
        ),
        migrations.AddIndex(
            model_name="projectshare",
            index=models.Index(
                fields=["workspace", "membership"], name="projectshare_of_member"
            ),
        ),
        migrations.AddIndex(
            model_name="projectshare",
            index=models.Index(
                fields=["workspace", "group"], name="projectshare_of_group"
            ),
        ),
        migrations.AddConstraint(
            model_name="projectshare",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("group__isnull", True), ("membership__isnull", False)),
                    models.Q(("group__isnull", False), ("membership__isnull", True)),
                    _connector="OR",
                ),
                name="projectshare_names_one",
            ),
        ),
        migrations.AddConstraint(
            model_name="projectshare",
            constraint=models.CheckConstraint(
                condition=models.Q(("right__in", ["use", "edit"])),
                name="projectshare_right_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="projectshare",
            constraint=models.UniqueConstraint(
                fields=("project", "membership"), name="projectshare_member_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="projectshare",
            constraint=models.UniqueConstraint(
                fields=("project", "group"), name="projectshare_group_once"
            ),
        ),
        *_SECURITY,
    ]
