"""Writes the row of a resource: the columns that are searched, the sealed document."""

from typing import Any

from workspaces.groups.rules import fold
from workspaces.scim import core, documents, filters, quirks, rules, selectors
from workspaces.scim.models import Kind, ScimResource
from workspaces.scim.services.people import Writer

# What the protocol gives back from elsewhere, or must not keep at all.
_NOT_KEPT = frozenset({"id", "meta", "groups", "members", "password"})


def document_of(resource: core.Resource[Any]) -> dict[str, Any]:
    """What is kept of a resource, as the provider sent it."""
    dumped = resource.model_dump()
    found = {name: value for name, value in dumped.items() if name not in _NOT_KEPT}
    if "emails" in found:
        found["emails"] = quirks.one_primary(found["emails"])
    return found


def opened(writer: Writer, row: ScimResource) -> dict[str, Any]:
    """The document of a row."""
    return documents.opened(row.document, row=row.public_id, workspace=writer.workspace)


def describe(writer: Writer, row: ScimResource, document: dict[str, Any]) -> None:
    """Fill the columns from the document, if it can be kept."""
    is_group = row.kind == Kind.GROUP
    flaw = (rules.flaw_of_group if is_group else rules.flaw_of_user)(document)
    if flaw:
        raise core.InvalidValueException(detail=flaw)
    row.folded_name = fold(document["displayName" if is_group else "userName"])
    if selectors.is_taken(row):
        raise core.UniquenessException(
            detail=f"Another {row.kind.lower()} of this workspace has this name"
        )
    row.external_id = filters.external_key(document.get("externalId") or "")
    row.is_active = document.get("active")
    row.email_keys = [
        filters.email_key(one["value"])
        for one in document.get("emails") or ()
        if one.get("value")
    ]
    row.document = documents.sealed(
        document, row=row.public_id, workspace=writer.workspace
    )


def save(writer: Writer, row: ScimResource) -> None:
    """Store a changed row under its next version."""
    row.version += 1
    row.modified_at = writer.at
    row.save()


def changes(
    before: dict[str, Any], after: dict[str, Any]
) -> dict[str, tuple[Any, Any]]:
    """The attributes that differ between two documents."""
    return rules.changes(before, after, extension=quirks.ENTERPRISE)
