"""Rows of identity: certificates, our keys, sessions, attempts, rules, networks."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import workspaces.roles.matrix


class Migration(migrations.Migration):
    dependencies = [
        ("workspaces", "0004_work_security"),
    ]

    operations = [
        migrations.CreateModel(
            name="BreakGlassOwner",
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
                ("named_by", models.CharField(max_length=200)),
                ("named_at", models.DateTimeField()),
                ("last_used_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="IdpCertificate",
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
                ("connection_id", models.BigIntegerField()),
                ("certificate", models.TextField()),
                ("fingerprint", models.CharField(max_length=64)),
                ("subject", models.CharField(blank=True, default="", max_length=300)),
                ("not_before", models.DateTimeField()),
                ("not_after", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[("trusted", "Trusted"), ("pending", "Pending")],
                        max_length=10,
                    ),
                ),
                ("added_at", models.DateTimeField()),
                ("last_used_at", models.DateTimeField(null=True)),
                ("warned_days", models.PositiveSmallIntegerField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="RoleRule",
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
                ("connection_id", models.BigIntegerField()),
                ("value", models.CharField(max_length=255)),
                ("role", models.CharField(max_length=30)),
            ],
        ),
        migrations.CreateModel(
            name="SignInAttempt",
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
                ("connection_id", models.BigIntegerField(null=True)),
                ("at", models.DateTimeField()),
                ("code", models.CharField(blank=True, default="", max_length=40)),
                ("reference", models.CharField(max_length=16)),
                ("is_test", models.BooleanField(default=False)),
                ("name_id_hash", models.BinaryField(max_length=32, null=True)),
                ("expected", models.CharField(blank=True, default="", max_length=300)),
                ("received", models.CharField(blank=True, default="", max_length=300)),
                ("count", models.PositiveIntegerField(default=1)),
                ("sealed_message", models.BinaryField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="SignInSession",
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
                    "method",
                    models.CharField(
                        choices=[
                            ("saml", "Saml"),
                            ("code", "Code"),
                            ("break_glass", "Break Glass"),
                        ],
                        max_length=20,
                    ),
                ),
                ("connection_id", models.BigIntegerField(null=True)),
                ("name_id_hash", models.BinaryField(max_length=32, null=True)),
                ("index_hash", models.BinaryField(max_length=32, null=True)),
                ("ip", models.CharField(blank=True, default="", max_length=45)),
                (
                    "user_agent",
                    models.CharField(blank=True, default="", max_length=400),
                ),
                ("began_at", models.DateTimeField()),
                ("seen_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("end_reason", models.CharField(blank=True, default="", max_length=30)),
            ],
        ),
        migrations.CreateModel(
            name="SpKey",
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
                ("connection_id", models.BigIntegerField()),
                (
                    "place",
                    models.CharField(
                        choices=[
                            ("next", "Next"),
                            ("current", "Current"),
                            ("previous", "Previous"),
                        ],
                        max_length=10,
                    ),
                ),
                ("certificate", models.TextField()),
                ("sealed_key", models.BinaryField()),
                ("created_at", models.DateTimeField()),
                ("not_after", models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name="maildomain",
            name="attempts",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="maildomain",
            name="tried_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="organization",
            name="api_networks",
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name="organization",
            name="new_workspace_sso",
            field=models.CharField(
                choices=[
                    ("off", "Off"),
                    ("optional", "Optional"),
                    ("required", "Required"),
                ],
                default="optional",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="organization",
            name="portal_networks",
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name="samlconnection",
            name="allows_idp_initiated",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="samlconnection",
            name="default_role",
            field=models.CharField(
                default=workspaces.roles.matrix.Role["MEMBER"], max_length=30
            ),
        ),
        migrations.AddField(
            model_name="samlconnection",
            name="groups_attribute",
            field=models.CharField(blank=True, default="", max_length=255),
        ),
        migrations.AddField(
            model_name="samlconnection",
            name="keeps_messages_until",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="samlconnection",
            name="may_grant_owner",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="samlconnection",
            name="metadata_due_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="samlconnection",
            name="metadata_problem",
            field=models.CharField(blank=True, default="", max_length=300),
        ),
        migrations.AddField(
            model_name="samlconnection",
            name="metadata_read_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="samlconnection",
            name="metadata_url",
            field=models.CharField(blank=True, default="", max_length=1024),
        ),
        migrations.AddField(
            model_name="samlconnection",
            name="name_id_format",
            field=models.CharField(blank=True, default="", max_length=255),
        ),
        migrations.AddField(
            model_name="samlconnection",
            name="preset",
            field=models.CharField(
                choices=[
                    ("entra", "Entra"),
                    ("okta", "Okta"),
                    ("google", "Google"),
                    ("adfs", "Adfs"),
                    ("keycloak", "Keycloak"),
                    ("onelogin", "Onelogin"),
                    ("other", "Other"),
                ],
                default="other",
                max_length=20,
            ),
        ),
        migrations.AddField(
            model_name="samlconnection",
            name="provisions_into",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                to="workspaces.workspace",
            ),
        ),
        migrations.AddField(
            model_name="samlconnection",
            name="publishes_encryption_key",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="samlconnection",
            name="tested_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="samlconnection",
            name="tested_by_id",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="samlconnection",
            name="tested_digest",
            field=models.CharField(blank=True, default="", max_length=64),
        ),
        migrations.AddField(
            model_name="workspace",
            name="sso",
            field=models.CharField(
                choices=[
                    ("off", "Off"),
                    ("optional", "Optional"),
                    ("required", "Required"),
                ],
                default="optional",
                max_length=10,
            ),
        ),
        migrations.AddConstraint(
            model_name="organization",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("new_workspace_sso__in", ["off", "optional", "required"])
                ),
                name="organization_sso_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="samlconnection",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "preset__in",
                        [
                            "entra",
                            "okta",
                            "google",
                            "adfs",
                            "keycloak",
                            "onelogin",
                            "other",
                        ],
                    )
                ),
                name="connection_preset_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="samlconnection",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "default_role__in",
                        [
                            "owner",
                            "admin",
                            "compliance_officer",
                            "analytics_viewer",
                            "member",
                        ],
                    )
                ),
                name="connection_role_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="samlconnection",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("tested_at", None),
                        ("tested_by_id", None),
                        ("tested_digest", ""),
                    ),
                    models.Q(
                        models.Q(("tested_digest", ""), _negated=True),
                        ("tested_at__isnull", False),
                        ("tested_by_id__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="connection_test_is_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="samlconnection",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "active")),
                fields=("organization",),
                name="connection_one_active",
            ),
        ),
        migrations.AddConstraint(
            model_name="workspace",
            constraint=models.CheckConstraint(
                condition=models.Q(("sso__in", ["off", "optional", "required"])),
                name="workspace_sso_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="workspace",
            constraint=models.UniqueConstraint(
                fields=("organization", "id"), name="workspace_in_organization"
            ),
        ),
        migrations.AddField(
            model_name="breakglassowner",
            name="organization",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                to="workspaces.organization",
            ),
        ),
        migrations.AddField(
            model_name="breakglassowner",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="idpcertificate",
            name="organization",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                to="workspaces.organization",
            ),
        ),
        migrations.AddField(
            model_name="rolerule",
            name="organization",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                to="workspaces.organization",
            ),
        ),
        migrations.AddField(
            model_name="rolerule",
            name="workspace",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, to="workspaces.workspace"
            ),
        ),
        migrations.AddField(
            model_name="signinattempt",
            name="organization",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                to="workspaces.organization",
            ),
        ),
        migrations.AddField(
            model_name="signinsession",
            name="organization",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                to="workspaces.organization",
            ),
        ),
        migrations.AddField(
            model_name="signinsession",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="spkey",
            name="organization",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                to="workspaces.organization",
            ),
        ),
        migrations.AddConstraint(
            model_name="breakglassowner",
            constraint=models.UniqueConstraint(
                fields=("organization", "user"), name="breakglass_person_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="idpcertificate",
            constraint=models.UniqueConstraint(
                fields=("connection_id", "fingerprint"), name="certificate_listed_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="idpcertificate",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["trusted", "pending"])),
                name="certificate_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="idpcertificate",
            constraint=models.CheckConstraint(
                condition=models.Q(("fingerprint__regex", "^[0-9a-f]{64}$")),
                name="certificate_fingerprint_shape",
            ),
        ),
        migrations.AddConstraint(
            model_name="rolerule",
            constraint=models.UniqueConstraint(
                fields=("connection_id", "workspace", "value"), name="rolerule_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="rolerule",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "role__in",
                        [
                            "owner",
                            "admin",
                            "compliance_officer",
                            "analytics_viewer",
                            "member",
                        ],
                    ),
                    models.Q(("value", ""), _negated=True),
                ),
                name="rolerule_is_whole",
            ),
        ),
        migrations.AddIndex(
            model_name="signinattempt",
            index=models.Index(fields=["organization", "at"], name="attempt_newest"),
        ),
        migrations.AddIndex(
            model_name="signinsession",
            index=models.Index(
                fields=["organization", "user", "began_at"], name="session_of_person"
            ),
        ),
        migrations.AddIndex(
            model_name="signinsession",
            index=models.Index(
                condition=models.Q(("ended_at", None)),
                fields=["connection_id", "name_id_hash"],
                name="session_of_name",
            ),
        ),
        migrations.AddConstraint(
            model_name="signinsession",
            constraint=models.CheckConstraint(
                condition=models.Q(("method__in", ["saml", "code", "break_glass"])),
                name="session_method_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="signinsession",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("end_reason", ""), ("ended_at", None)),
                    models.Q(
                        ("ended_at__isnull", False),
                        models.Q(("end_reason", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="session_end_has_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="signinsession",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("connection_id", None),
                        ("name_id_hash", None),
                        models.Q(("method", "saml"), _negated=True),
                    ),
                    models.Q(
                        ("connection_id__isnull", False),
                        ("method", "saml"),
                        ("name_id_hash__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="session_of_saml_has_connection",
            ),
        ),
        migrations.AddConstraint(
            model_name="spkey",
            constraint=models.UniqueConstraint(
                fields=("connection_id", "place"), name="spkey_one_in_each_place"
            ),
        ),
        migrations.AddConstraint(
            model_name="spkey",
            constraint=models.CheckConstraint(
                condition=models.Q(("place__in", ["next", "current", "previous"])),
                name="spkey_place_known",
            ),
        ),
    ]
