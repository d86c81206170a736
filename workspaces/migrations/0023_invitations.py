"""Invitations, their row-level security, and what is asked of them before a scope."""

import uuid

import django.db.models.deletion
import django.db.models.functions.text
from django.db import migrations, models

from kit.rowsecurity import composite_key, doors, enable

# An address is invited by any organization; who signs in with it sees them all. The
# link shows one, by the digest of its token.
_DOORS = """
create function custos_invited(p_email text, p_at timestamptz) returns table (
    invitation uuid, role text, email text, expires_at timestamptz,
    organization_id bigint, organization_uuid uuid, organization_slug text,
    organization_name text, workspace_id bigint, workspace_uuid uuid, slug text,
    name text, plan text, sso text, is_bound boolean, is_strict boolean
) language sql stable security definer set search_path = pg_catalog, public as $$
    select i.public_id, i.role, i.email, i.expires_at, o.id, o.public_id, o.slug,
           o.name, w.id, w.public_id, w.slug, w.name, w.plan, w.sso,
           exists (
               select from public.workspaces_maildomain d
               where d.organization_id = o.id and d.proven_at is not null
               and d.domain = split_part(i.email, '@', 2)),
           exists (
               select from public.workspaces_workspace x
               where x.organization_id = o.id and x.sso = 'required')
      from public.workspaces_invitation i
      join public.workspaces_workspace w on w.id = i.workspace_id
      join public.workspaces_organization o on o.id = w.organization_id
     where i.email = p_email and i.accepted_at is null and i.revoked_at is null
       and i.expires_at > p_at
     order by o.name, o.id, w.name, w.id
$$;
create function custos_invitation(p_digest bytea, p_at timestamptz) returns table (
    invitation uuid, role text, email text, expires_at timestamptz,
    organization_id bigint, organization_uuid uuid, organization_slug text,
    organization_name text, workspace_id bigint, workspace_uuid uuid, slug text,
    name text, plan text, sso text, is_bound boolean, is_strict boolean
) language sql stable security definer set search_path = pg_catalog, public as $$
    select f.*
      from public.workspaces_invitation i
      cross join lateral public.custos_invited(i.email, p_at) f
     where i.token_hash = p_digest and f.invitation = i.public_id
$$;
create function custos_due_invitations(p_at timestamptz, p_limit int)
returns table (id bigint, workspace_id bigint, organization_id bigint)
language sql stable security definer set search_path = pg_catalog, public as $$
    select i.id, i.workspace_id, w.organization_id
      from public.workspaces_invitation i
      join public.workspaces_workspace w on w.id = i.workspace_id
     where i.mail_due_at <= p_at
     order by i.mail_due_at, i.id limit p_limit
$$;
"""
_FUNCTIONS = (
    "custos_invited(text, timestamptz)",
    "custos_invitation(bytea, timestamptz)",
    "custos_due_invitations(timestamptz, int)",
)


class Migration(migrations.Migration):
    dependencies = [("workspaces", "0022_stricter_ways_in")]

    operations = [
        migrations.CreateModel(
            name="Invitation",
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
                ("email", models.CharField(db_collation="C", max_length=254)),
                ("role", models.CharField(max_length=30)),
                ("seat", models.CharField(max_length=10)),
                ("invited_by", models.CharField(max_length=64)),
                ("token_hash", models.BinaryField(max_length=32, unique=True)),
                ("sealed_token", models.BinaryField(null=True)),
                ("created_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("mail_due_at", models.DateTimeField(null=True)),
                ("mail_tries", models.PositiveSmallIntegerField(default=0)),
                ("mailed_at", models.DateTimeField(null=True)),
                ("accepted_at", models.DateTimeField(null=True)),
                ("revoked_at", models.DateTimeField(null=True)),
                (
                    "membership",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
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
                        fields=["workspace", "created_at", "id"],
                        name="invitation_newest",
                    ),
                    models.Index(
                        condition=models.Q(
                            ("accepted_at__isnull", True), ("revoked_at__isnull", True)
                        ),
                        fields=["email"],
                        name="invitation_open",
                    ),
                    models.Index(
                        condition=models.Q(("mail_due_at__isnull", False)),
                        fields=["mail_due_at", "id"],
                        name="invitation_mail_due",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(
                            ("accepted_at__isnull", True), ("revoked_at__isnull", True)
                        ),
                        fields=("workspace", "email"),
                        name="invitation_open_once",
                    ),
                    models.CheckConstraint(
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
                            )
                        ),
                        name="invitation_role_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("seat__in", ["chat", "code"])),
                        name="invitation_seat_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("email", django.db.models.functions.text.Lower("email"))
                        ),
                        name="invitation_email_folded",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("accepted_at__isnull", True),
                                ("membership__isnull", True),
                            ),
                            models.Q(
                                ("accepted_at__isnull", False),
                                ("membership__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="invitation_accepted_by_a_member",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("accepted_at__isnull", True),
                            ("revoked_at__isnull", True),
                            _connector="OR",
                        ),
                        name="invitation_ends_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("mail_due_at__isnull", True),
                                ("sealed_token__isnull", True),
                            ),
                            models.Q(
                                ("mail_due_at__isnull", False),
                                ("sealed_token__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="invitation_token_until_mailed",
                    ),
                ],
            },
        ),
        enable("workspaces_invitation", sweeper=()),
        composite_key(
            "workspaces_invitation",
            columns="workspace_id, membership_id",
            parent="workspaces_membership",
            to="workspace_id, id",
        ),
        doors(_DOORS, functions=_FUNCTIONS),
    ]
