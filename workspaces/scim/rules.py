"""Pure decisions of SCIM: what a resource may say, and whom it means."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MAX_NAME = 200
MAX_VALUE = 320
MAX_EMAILS = 50


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What the portal takes from a user: addresses in the order they count, a name."""

    addresses: tuple[str, ...]
    name: str
    is_active: bool


def facts_of(document: Mapping[str, Any]) -> Facts:
    """Reads a user; the primary address counts first, the user name last."""
    emails = [one for one in document.get("emails") or () if one.get("value")]
    emails.sort(key=lambda one: (not one.get("primary"), one.get("type") != "work"))
    addresses = [one["value"] for one in emails]
    if "@" in document.get("userName", ""):
        addresses.append(document["userName"])
    return Facts(
        addresses=tuple(dict.fromkeys(addresses)),
        name=_name(document)[:MAX_NAME],
        is_active=document.get("active") is not False,
    )


def flaw_of_user(document: Mapping[str, Any]) -> str:
    """Why a user cannot be kept as it is, or nothing."""
    emails = document.get("emails") or ()
    if len(emails) > MAX_EMAILS:
        return f"A user may have {MAX_EMAILS} emails"
    if any(len(one.get("value") or "") > MAX_VALUE for one in emails):
        return f"An e-mail address may have {MAX_VALUE} characters"
    return _flaw_of_name("userName", document) or _flaw_of_external(document)


def flaw_of_group(document: Mapping[str, Any]) -> str:
    """Why a group cannot be kept as it is, or nothing."""
    return _flaw_of_name("displayName", document) or _flaw_of_external(document)


def changes(
    before: Mapping[str, Any], after: Mapping[str, Any], *, extension: str
) -> dict[str, tuple[Any, Any]]:
    """The attributes that differ, with their values before and after."""
    flat_before, flat_after = (_flat(one, extension) for one in (before, after))
    names = sorted(flat_before.keys() | flat_after.keys())
    return {
        name: (flat_before.get(name), flat_after.get(name))
        for name in names
        if flat_before.get(name) != flat_after.get(name)
    }


def _flat(document: Mapping[str, Any], extension: str) -> dict[str, Any]:
    found = {
        name: value
        for name, value in document.items()
        if name not in {"schemas", extension}
    }
    inside = document.get(extension) or {}
    return found | {f"enterprise.{name}": value for name, value in inside.items()}


def _name(document: Mapping[str, Any]) -> str:
    parts = document.get("name") or {}
    both = " ".join(
        part for key in ("givenName", "familyName") if (part := parts.get(key))
    )
    return str(document.get("displayName") or parts.get("formatted") or both).strip()


def _flaw_of_name(key: str, document: Mapping[str, Any]) -> str:
    name = document.get(key) or ""
    if not name.strip():
        return f"{key} is empty"
    if len(name) > MAX_NAME:
        return f"{key} has more than {MAX_NAME} characters"
    return ""


def _flaw_of_external(document: Mapping[str, Any]) -> str:
    if len(document.get("externalId") or "") > MAX_VALUE:
        return f"externalId has more than {MAX_VALUE} characters"
    return ""
