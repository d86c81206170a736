"""Says what the steps of the wizard show of a connection."""

from typing import Any

from django.utils.translation import gettext as _

from kit import certificates, clock
from workspaces.signin import presets, selectors
from workspaces.signin.models import KeyPlace, SamlConnection
from workspaces.signin.setup_forms import (
    MetadataByHandForm,
    MetadataFileForm,
    MetadataTextForm,
    MetadataUrlForm,
    ProvisioningForm,
)
from workspaces.signin.views import frame


def metadata_forms(request: Any, row: SamlConnection) -> dict[str, Any]:
    """The four ways; only the one that was sent is bound."""
    how = request.POST.get("how", "")
    data = request.POST if request.method == "POST" else None
    known = {
        "entity_id": row.idp_entity_id,
        "sso_url": row.sso_url,
        "slo_url": row.slo_url,
        "wants_signed_requests": row.wants_signed_requests,
        "certificates": "\n\n".join(
            one.certificate
            for one in selectors.trusted_certificates(connection_id=row.pk)
        ),
    }
    return {
        "url": MetadataUrlForm(
            data if how == "url" else None, initial={"url": row.metadata_url}
        ),
        "file": MetadataFileForm(
            data if how == "file" else None,
            request.FILES if how == "file" else None,
        ),
        "text": MetadataTextForm(data if how == "text" else None),
        "hand": MetadataByHandForm(data if how == "hand" else None, initial=known),
    }


def parsed(row: SamlConnection) -> dict[str, Any]:
    """What is known of the other side, as the page shows it."""
    at = clock.now()
    is_first = row.metadata_read_at is None and not row.metadata_problem
    return {
        "sheet": presets.SHEETS[row.preset],
        "is_reading": bool(row.metadata_url) and is_first,
        "problem": row.metadata_problem,
        "endpoints": [
            {"name": name, "value": value, "is_mono": True}
            for name, value in (
                (_("Entity ID"), row.idp_entity_id),
                (_("Sign-in address"), row.sso_url),
                (_("Sign-out address"), row.slo_url),
                (_("Read from"), row.metadata_url),
            )
            if value
        ],
        "read_at": row.metadata_read_at,
        "certificates": [
            frame.certificate(one, at=at)
            for one in selectors.certificates(connection_id=row.pk)
        ],
        "now": at,
        **_our_keys(row),
    }


def _our_keys(row: SamlConnection) -> dict[str, Any]:
    """Our keys of the connection, and which step of the rollover comes next."""
    words = {
        KeyPlace.CURRENT: ("ok", _("Signs and opens")),
        KeyPlace.NEXT: ("wait", _("Next, published")),
        KeyPlace.PREVIOUS: ("off", _("Old, still opens")),
    }
    mine = selectors.our_keys(connection_id=row.pk)
    places = {one.place for one in mine}
    return {
        "our_keys": [
            {
                "print": frame.pairs(certificates.read(one.certificate).fingerprint),
                "not_after": one.not_after,
                "kind": words[KeyPlace(one.place)][0],
                "word": words[KeyPlace(one.place)][1],
            }
            for one in mine
        ],
        "may_prepare": KeyPlace.NEXT not in places,
        "may_promote": KeyPlace.NEXT in places and KeyPlace.PREVIOUS not in places,
        "may_retire": KeyPlace.PREVIOUS in places,
    }


def mapped(row: SamlConnection) -> dict[str, Any]:
    """What the form of the attributes begins with."""
    lines = {field: "\n".join(names) for field, names in row.attribute_mapping.items()}
    return lines | {
        "groups_attribute": row.groups_attribute,
        "name_id_format": row.name_id_format,
        "allows_idp_initiated": row.allows_idp_initiated,
        "publishes_encryption_key": row.publishes_encryption_key,
    }


def provisioning_form(request: Any, row: SamlConnection) -> ProvisioningForm:
    """Who becomes a member, and which group gives which role, as text to edit."""
    places = [(one.pk, one.slug, one.name) for one in selectors.workspaces()]
    slugs = {pk: slug for pk, slug, _name in places}
    lines = [
        f"{one.value} | {slugs[one.workspace_id]} | {one.role}"
        for one in selectors.role_rules(connection_id=row.pk)
    ]
    return ProvisioningForm(
        request.POST if request.resolver_match.url_name == "sso-provisioning" else None,
        places=places,
        initial={
            "into": slugs.get(row.provisions_into_id or 0, ""),
            "default_role": row.default_role,
            "rules": "\n".join(lines),
            "may_grant_owner": row.may_grant_owner,
        },
    )
