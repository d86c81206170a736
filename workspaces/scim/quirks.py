"""Turns what real providers send into what the core understands, before the core.

Each step here answers a request that a provider was seen to send and a strict reading
refuses, or worse: accepts without doing anything. Pure: values in, values out.
"""

from collections.abc import Callable
from typing import Any

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"

_KNOWN = {one.lower(): one for one in (USER, ENTERPRISE, GROUP)}
_OURS = frozenset({"id", "meta", "groups"})  # what a client may send and never sets
_EXTENSION = {
    one.lower(): one
    for one in (
        *("employeeNumber", "costCenter", "organization", "division"),
        *("department", "manager"),
    )
}
_MANAGER = frozenset({"manager", f"{ENTERPRISE}:manager".lower()})
_WORDS = {"true": True, "false": False}

Json = Any


def adapted(method: str, path: str, payload: Json) -> Json:
    """The body of one request, as the core understands it."""
    parts = path.strip("/").split("/")
    where, is_one = parts[0].lower(), len(parts) > 1
    if not isinstance(payload, dict):
        return payload
    if where == "bulk":
        return _bulk(payload)
    if parts[-1].lower() == ".search" or where not in {"users", "groups"}:
        return payload
    whole, patched = (
        (_user, _user_operation) if where == "users" else (_group, _group_operation)
    )
    if method == "PATCH":
        return _patch(payload, patched)
    if (method, is_one) in {("POST", False), ("PUT", True)}:
        return whole(payload)
    return payload


def _bulk(payload: dict[str, Json]) -> Json:
    key = _key(payload, "Operations")
    if key is None or not isinstance(payload[key], list):
        return payload
    return {**payload, key: [_bulk_operation(one) for one in payload[key]]}


def _bulk_operation(one: Json) -> Json:
    if not isinstance(one, dict):
        return one
    method, path, data = (one.get(name) for name in ("method", "path", "data"))
    if not isinstance(method, str) or not isinstance(path, str):
        return one
    if path.strip("/").lower().startswith("bulk") or data is None:
        return one
    return {**one, "data": adapted(method.upper(), path, data)}


def _user(payload: dict[str, Json]) -> dict[str, Json]:
    found = _without(payload, _OURS | {"password"})
    extension = _extension(found)
    if extension:
        found[ENTERPRISE] = extension
    found["schemas"] = [USER, *([ENTERPRISE] if extension else [])]
    return _active(_emails(found), is_whole=True)


def _extension(found: dict[str, Json]) -> dict[str, Json]:
    """Takes the extension out of a user, with what stands beside it by mistake."""
    key = _key(found, ENTERPRISE)
    inside = found.pop(key) if key else None
    beside = {
        _EXTENSION[name.lower()]: found.pop(name)
        for name in [one for one in found if one.lower() in _EXTENSION]
    }
    both = {**beside, **(inside if isinstance(inside, dict) else {})}
    return {
        name: _manager(value) if name.lower() == "manager" else value
        for name, value in both.items()
        if value is not None
    }


def _manager(value: Json) -> Json:
    """A manager as an object, however they were named."""
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, str):
        return {"value": value} if value else None
    return value


def _active(found: dict[str, Json], *, is_whole: bool) -> dict[str, Json]:
    """A person who was pushed without a word on it is active; words become truth."""
    key = _key(found, "active")
    if key is None:
        return {**found, "active": True} if is_whole else found
    value = _truth(found.pop(key))
    found["active"] = True if value is None and is_whole else value
    return found


def _truth(value: Json) -> Json:
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, dict) and set(value) == {"value"}:
        value = value["value"]
    if isinstance(value, str):
        return _WORDS.get(value.strip().lower(), value)
    return value


def _emails(found: dict[str, Json]) -> dict[str, Json]:
    key = _key(found, "emails")
    if key is not None:
        found[key] = one_primary(_entries(found[key]))
    return found


def one_primary(entries: Json) -> Json:
    """Of several entries that call themselves primary the first one is."""
    if not isinstance(entries, list):
        return entries
    kept, is_seen = [], False
    for entry in entries:
        if isinstance(entry, dict) and _truth(entry.get("primary")) is True:
            kept.append({**entry, "primary": not is_seen})
            is_seen = True
        else:
            kept.append(entry)
    return kept


def _entries(value: Json) -> Json:
    """A list of objects, from an object, a string, or a list of strings."""
    if isinstance(value, dict | str):
        value = [value]
    if not isinstance(value, list):
        return value
    return [{"value": one} if isinstance(one, str) else one for one in value]


def _group(payload: dict[str, Json]) -> dict[str, Json]:
    found = _without(payload, _OURS)
    found["schemas"] = [GROUP]
    key = _key(found, "members")
    if key is not None:
        found[key] = [] if found[key] is None else _members(found[key])
    return found


def _members(value: Json) -> Json:
    """Members by their id and the name they came with; we know where they are."""
    entries = _entries(value)
    if not isinstance(entries, list):
        return entries
    return [
        _without(one, {"$ref", "type"}) if isinstance(one, dict) else one
        for one in entries
    ]


def _ids_only(value: Json) -> Json:
    """What a removal compares: an entry with more than its id would match nothing."""
    entries = _entries(value)
    if not isinstance(entries, list):
        return entries
    return [
        {"value": one["value"]} if isinstance(one, dict) and "value" in one else one
        for one in entries
    ]


def _patch(
    payload: dict[str, Json], operation: Callable[[dict[str, Json]], dict[str, Json]]
) -> dict[str, Json]:
    key = _key(payload, "Operations")
    if key is None or not isinstance(payload[key], list):
        return payload
    return {
        "schemas": [PATCH],
        "Operations": [
            operation(dict(one)) if isinstance(one, dict) else one
            for one in payload[key]
        ],
    }


def _user_operation(one: dict[str, Json]) -> dict[str, Json]:
    path, value = one.get("path"), one.get("value")
    if isinstance(path, str) and path:
        return {**one, **_user_at(path, value, has_value="value" in one)}
    if isinstance(value, dict):
        found = _without(value, _OURS | {"schemas"})
        found = {name: _user_part(name, part) for name, part in found.items()}
        beside = {
            name: found.pop(name) for name in list(found) if name.lower() == "manager"
        }
        found |= {f"{ENTERPRISE}:manager": part for part in beside.values()}
        return {**one, "value": _emails(_active(found, is_whole=False))}
    return one


def _user_at(path: str, value: Json, *, has_value: bool) -> dict[str, Json]:
    if path.lower() in _MANAGER:
        at = {"path": f"{ENTERPRISE}:manager"}
        return {**at, "value": _manager(value)} if has_value else at
    if path.lower() in {"active", f"{USER}:active".lower()}:
        return {"value": _truth(value)} if has_value else {}
    if path.lower() == "emails" and has_value:
        return {"value": _entries(value)}
    return {}


def _user_part(name: str, part: Json) -> Json:
    if name.lower() in _MANAGER:
        return _manager(part)
    if name.lower() == ENTERPRISE.lower() and isinstance(part, dict):
        return {
            inner: _manager(value) if inner.lower() == "manager" else value
            for inner, value in part.items()
        }
    return part


def _group_operation(one: dict[str, Json]) -> dict[str, Json]:
    path, value = one.get("path"), one.get("value")
    removes = str(one.get("op", "")).lower() == "remove"
    if isinstance(path, str) and path.lower() in {
        "members",
        f"{GROUP}:members".lower(),
    }:
        if value is None:
            return {**one, "path": "members"}
        members = _ids_only(value) if removes else _members(value)
        return {**one, "path": "members", "value": members}
    if not path and isinstance(value, dict):
        found = _without(value, _OURS | {"schemas"})
        key = _key(found, "members")
        if key is not None and found[key] is not None:
            found[key] = _members(found[key])
        return {**one, "value": found}
    return one


def _without(
    found: dict[str, Json], names: set[str] | frozenset[str]
) -> dict[str, Json]:
    """All but `names`, and but what is null: that says nothing."""
    return {
        name: value
        for name, value in found.items()
        if name.lower() not in names and value is not None
    }


def _key(found: dict[str, Json], name: str) -> str | None:
    return next((one for one in found if one.lower() == name.lower()), None)
