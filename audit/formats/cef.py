"""ArcSight CEF, version 0: one line an entry, for receivers that know no better."""

from collections.abc import Mapping

from audit.explorer import presenters
from audit.explorer.selectors import Shown
from audit.formats import native
from audit.log.leaf import Json, Leaf
from audit.log.selectors import Log

VERSION = 0
_PRODUCT = "Custos"
_DEVICE_VERSION = "1"
_SEVERITIES = {"success": 3, "refused": 5, "error": 7}
_UNREADABLE = 9
_ESCAPES = {"\\": "\\\\", "\r": "\\r", "\n": "\\n", "=": "\\="}
# Some receivers take these for ends of lines, and no escape is defined for them.
_BLANKS = {ord(one): " " for one in "\x00\v\f\x1c\x1d\x1e\x85\u2028\u2029"}


def line(shown: Shown, *, log: Log) -> str:
    """The entry as one line without its end.

    Before and after of settings and other details do not fit into CEF's fields: whoever
    needs them takes the native form or OCSF.
    """
    leaf = shown.leaf
    header = [
        f"CEF:{VERSION}",
        _PRODUCT,
        _PRODUCT,
        _DEVICE_VERSION,
        leaf.action if leaf else "unreadable",
        presenters.act(leaf) if leaf else native.message(shown),
        str(_SEVERITIES.get(leaf.outcome, 5) if leaf else _UNREADABLE),
    ]
    fields = _extension(shown, log)
    written = " ".join(f"{key}={_value(value)}" for key, value in fields.items())
    return "|".join(map(_header, header)) + f"|{written}"


def _extension(shown: Shown, log: Log) -> dict[str, Json]:
    origin = log.origin if shown.epoch is None else log.named(shown.epoch)
    known: dict[str, Json] = {
        "cs1Label": "log",
        "cs1": origin,
        "cn1Label": "index",
        "cn1": shown.index,
        "msg": native.message(shown),
    }
    if shown.leaf is not None:
        known |= _said(shown, shown.leaf)
    if not shown.is_true:
        known |= {"cs6Label": "contradictsLeaf", "cs6": "true"}
    return {key: value for key, value in known.items() if value not in (None, "")}


def _said(shown: Shown, leaf: Leaf) -> Mapping[str, Json]:
    actor = native.actor(shown, leaf)
    withheld = native.withheld(shown)
    return {
        "rt": int(leaf.time.timestamp() * 1000),
        "externalId": str(leaf.id),
        "cat": presenters.area(leaf),
        "outcome": leaf.outcome,
        "suid": actor.get("id"),
        "suser": actor.get("label"),
        "spriv": actor.get("role"),
        "src": actor.get("ip"),
        "requestClientApplication": actor.get("user_agent"),
        "reason": shown.opened.get("reason"),
        "cs2Label": "target",
        "cs2": f"{leaf.target_kind} {leaf.target_id}",
        "cs3Label": "workspace" if leaf.workspace else "",
        "cs3": str(leaf.workspace or ""),
        "cs4Label": "actorKind",
        "cs4": leaf.actor_kind,
        "cs5Label": "withheld" if withheld else "",
        "cs5": ",".join(withheld),
    }


def _header(text: str) -> str:
    plain = " ".join(text.translate(_BLANKS).splitlines())
    return plain.replace("\\", "\\\\").replace("|", "\\|")


def _value(value: Json) -> str:
    text = str(value).translate(_BLANKS)
    return "".join(_ESCAPES.get(one, one) for one in text)
