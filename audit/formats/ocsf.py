"""OCSF 1.8.0: the event under the class and activity of its action.

Each class demands objects of its own (`user`, `entity`, `file`...). They hold the
target's random id where its name was erased, so that an event stays valid.
"""

from typing import Any

from audit.explorer.presenters import NAMED_BY
from audit.explorer.selectors import Shown
from audit.formats import native
from audit.formats.mapping import CLASS_NAMES, Activity, Class, activity
from audit.log.leaf import Json, Leaf
from audit.log.selectors import Log

VERSION = "1.8.0"
_PRODUCT = "Custos"
_CATEGORIES = {3: "Identity & Access Management", 6: "Application Activity"}
_SEVERITIES = {
    "success": (1, "Informational"),
    "refused": (2, "Low"),
    "error": (3, "Medium"),
}
# The kinds of managed entities that OCSF numbers; all others are Other, by name.
_ENTITIES = {
    "user": (2, "User"),
    "member": (2, "User"),
    "group": (3, "Group"),
    "organization": (4, "Organization"),
    "policy": (5, "Policy"),
    "hold": (5, "Policy"),
}
_USERS = {
    "user": (1, "User"),
    "operator": (2, "Admin"),
    "system": (3, "System"),
    "service": (4, "Service"),
}
# These classes know an actor through the host profile only.
_WITHOUT_ACTOR = {Class.WEB_RESOURCES, Class.APPLICATION_LIFECYCLE}
_UNMAPPED = (
    "target",
    "workspace",
    "policy",
    "counts",
    "digests",
    "changes",
    "details",
    "reason",
    "withheld",
    "contradicts_leaf",
)
_REGULAR_FILE: dict[str, Json] = {"type_id": 1, "type": "Regular File"}
_RELATIONAL: dict[str, Json] = {"type_id": 1, "type": "Relational"}


def event(shown: Shown, *, log: Log) -> dict[str, Json]:
    """The event; bytes that are no entry are an Entity Management event of the log."""
    if shown.leaf is None:
        return _unreadable(shown, log)
    leaf = shown.leaf
    act = activity(leaf.action)
    is_success = leaf.outcome == "success"
    return {
        **_classification(act, leaf.outcome),
        "time": int(leaf.time.timestamp() * 1000),
        "message": native.message(shown),
        "status_id": 1 if is_success else 2,
        "status": "Success" if is_success else "Failure",
        "status_code": leaf.outcome,
        "metadata": _metadata(shown, log, leaf, act),
        "actor": {"user": _actor(shown, leaf)},
        "raw_data": shown.raw.decode(),
        "unmapped": _unmapped(shown, leaf),
        **_objects(shown, leaf, act),
        **_source(shown, act),
    }


def _classification(act: Activity, outcome: str) -> dict[str, Json]:
    severity, severity_name = _SEVERITIES.get(outcome, (0, "Unknown"))
    name = CLASS_NAMES[act.of]
    return {
        "category_uid": act.category,
        "category_name": _CATEGORIES[act.category],
        "class_uid": int(act.of),
        "class_name": name,
        "activity_id": act.number,
        "activity_name": act.name,
        "type_uid": act.type_uid,
        "type_name": f"{name}: {act.name}",
        "severity_id": severity,
        "severity": severity_name,
    }


def _metadata(shown: Shown, log: Log, leaf: Leaf | None, act: Activity) -> Json:
    metadata: dict[str, Any] = {
        "version": VERSION,
        "product": {"name": _PRODUCT, "vendor_name": _PRODUCT},
        "log_name": log.origin if shown.epoch is None else log.named(shown.epoch),
        "tenant_uid": str(log.uuid),
    }
    if shown.index is not None:
        metadata["sequence"] = shown.index
    if leaf is not None:
        metadata |= {"uid": str(leaf.id), "event_code": leaf.action}
    if act.of in _WITHOUT_ACTOR:
        metadata["profiles"] = ["host"]
    return metadata


def _actor(shown: Shown, leaf: Leaf) -> dict[str, Json]:
    known = native.actor(shown, leaf)
    kind, name = _USERS.get(leaf.actor_kind, (99, leaf.actor_kind))
    user: dict[str, Json] = {"type_id": kind, "type": name}
    user["uid"] = known.get("id") or "withheld"
    label = known.get("label")
    if isinstance(label, str):
        user["name"] = label
        if "@" in label:
            user["email_addr"] = label
    return user


def _source(shown: Shown, act: Activity) -> dict[str, Json]:
    if act.of is Class.APPLICATION_LIFECYCLE:
        return {}
    ip, agent = shown.opened.get("ip"), shown.opened.get("user_agent")
    # What has no address came from inside, or its address is withheld.
    source: dict[str, Json] = {
        "src_endpoint": {"ip": ip} if ip else {"svc_name": _PRODUCT}
    }
    return source | ({"http_request": {"user_agent": agent}} if agent else {})


def _objects(shown: Shown, leaf: Leaf, act: Activity) -> dict[str, Json]:
    """What the class demands beside what all events have."""
    thing: dict[str, Json] = {"uid": str(leaf.target_id), "name": _name(shown, leaf)}
    application: dict[str, Json] = {"name": _PRODUCT, "vendor_name": _PRODUCT}
    if act.of is Class.AUTHENTICATION:
        return {"user": _actor(shown, leaf), "service": {"name": _PRODUCT}}
    if act.of is Class.ENTITY_MANAGEMENT:
        return _entity(shown, leaf, thing)
    demanded: dict[Class, dict[str, Json]] = {
        Class.ACCOUNT_CHANGE: {"user": thing},
        Class.USER_ACCESS: {"user": thing, "privileges": _privileges(shown, leaf)},
        Class.GROUP_MANAGEMENT: {"group": thing},
        Class.WEB_RESOURCES: {"web_resources": [thing | {"type": leaf.target_kind}]},
        Class.APPLICATION_LIFECYCLE: {"app": application},
        Class.API_ACTIVITY: {"api": {"operation": leaf.action}, "resources": [thing]},
        Class.DATASTORE: {"database": thing | _RELATIONAL},
        Class.FILE_HOSTING: {"file": thing | _REGULAR_FILE},
    }
    return demanded[act.of]


def _entity(shown: Shown, leaf: Leaf, thing: dict[str, Json]) -> dict[str, Json]:
    number, name = _ENTITIES.get(leaf.target_kind, (99, leaf.target_kind))
    entity = thing | {"type_id": number, "type": name}
    changed = native.changes(shown)
    if not changed:
        return {"entity": entity}
    before, after = (
        {key: pair[side] for key, pair in changed.items() if isinstance(pair, dict)}
        for side in ("before", "after")
    )
    return {
        "entity": entity | {"data": before},
        "entity_result": entity | {"data": after},
    }


def _privileges(shown: Shown, leaf: Leaf) -> list[Json]:
    """The role that was given or taken; its target where the name is withheld."""
    role = shown.opened.get("change.role") or shown.opened.get("detail.role")
    given = role[-1] if isinstance(role, list) and role else role
    return [str(given) if given else f"{leaf.target_kind} {leaf.target_id}"]


def _name(shown: Shown, leaf: Leaf) -> str:
    names = NAMED_BY.get(leaf.target_kind, ())
    found = next((shown.opened[name] for name in names if shown.opened.get(name)), "")
    return str(found or leaf.target_id)


def _unmapped(shown: Shown, leaf: Leaf) -> Json:
    """What OCSF has no place for, so that nothing is lost against the native form."""
    said = native.said(shown, leaf)
    return {name: said[name] for name in _UNMAPPED if name in said}


def _unreadable(shown: Shown, log: Log) -> dict[str, Json]:
    act = Activity(of=Class.ENTITY_MANAGEMENT, number=99, name="Unreadable")
    sealed_at = shown.facet.at if shown.facet else None
    return {
        **_classification(act, "error"),
        "time": int(sealed_at.timestamp() * 1000) if sealed_at else 0,
        "message": native.message(shown),
        "metadata": _metadata(shown, log, None, act),
        "entity": {"uid": str(log.uuid), "type_id": 99, "type": "log"},
        "unmapped": native.event(shown, log=log),
    }
