"""Moves certificates and our keys of connections into rows of their own."""

import base64
from datetime import UTC
from hashlib import sha256
from typing import Any

from cryptography import x509
from django.db import migrations


def move(apps: Any, schema_editor: Any) -> None:
    for row in apps.get_model("workspaces", "SamlConnection").objects.using(
        schema_editor.connection.alias
    ):
        _move_certificates(apps, row)
        _move_key(apps, row)
        if row.is_required:
            _require(apps, row.organization_id)


def _move_certificates(apps: Any, row: Any) -> None:
    rows = apps.get_model("workspaces", "IdpCertificate").objects.using(row._state.db)
    for text in row.certificates:
        der = base64.b64decode(text)
        read = x509.load_der_x509_certificate(der)
        rows.create(
            organization_id=row.organization_id,
            connection_id=row.pk,
            certificate=text,
            fingerprint=sha256(der).hexdigest(),
            subject=read.subject.rfc4514_string()[:300],
            not_before=read.not_valid_before_utc,
            not_after=read.not_valid_after_utc,
            state="trusted",
            added_at=row.created_at,
        )


def _move_key(apps: Any, row: Any) -> None:
    read = x509.load_der_x509_certificate(base64.b64decode(row.sp_certificate))
    apps.get_model("workspaces", "SpKey").objects.using(row._state.db).create(
        organization_id=row.organization_id,
        connection_id=row.pk,
        place="current",
        certificate=row.sp_certificate,
        sealed_key=row.sp_key,
        created_at=row.created_at,
        not_after=read.not_valid_after_utc.astimezone(UTC),
    )


def _require(apps: Any, organization_id: int) -> None:
    organizations = apps.get_model("workspaces", "Organization").objects
    organizations.filter(pk=organization_id).update(new_workspace_sso="required")
    workspaces = apps.get_model("workspaces", "Workspace").objects
    workspaces.filter(organization_id=organization_id).update(sso="required")


class Migration(migrations.Migration):
    dependencies = [("workspaces", "0005_identity")]

    operations = [migrations.RunPython(move, migrations.RunPython.noop)]
