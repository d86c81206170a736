"""Decodes what a stranger posted into a small, plain XML tree, or refuses it.

Nothing here trusts or stores anything. Sizes are checked before reading, the document
type before parsing, depth and number of nodes before anything walks the tree.
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from django.http import HttpRequest
from lxml import etree

from workspaces.signin.reasons import Reason, SignInRefused

MESSAGE_MAX_BYTES = 256 * 1024
_BODY_MAX_BYTES = MESSAGE_MAX_BYTES * 2  # base64 and percent signs
_FIELDS_MAX = 4
_DEPTH_MAX = 40
_NODES_MAX = 4000
_RESPONSE = "{urn:oasis:names:tc:SAML:2.0:protocol}Response"


@dataclass(frozen=True, kw_only=True)
class Message:
    """One decoded answer: its bytes, and a tree that was only looked at."""

    data: bytes
    root: Any


@dataclass(frozen=True, kw_only=True)
class Posted:
    """The fields of a form of the POST binding, as they came."""

    name: str
    text: str
    relay_state: str


def read_post(request: HttpRequest, *names: str) -> Posted:
    """The one message of a form, without Django's tolerant parser."""
    if request.content_type != "application/x-www-form-urlencoded":
        raise SignInRefused(Reason.WRONG_ENCODING)
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length[:12]) > _BODY_MAX_BYTES:
        raise SignInRefused(Reason.TOO_LARGE)
    try:
        fields = parse_qsl(
            request.read(_BODY_MAX_BYTES + 1).decode("ascii"),
            keep_blank_values=True,
            strict_parsing=True,
            max_num_fields=_FIELDS_MAX,
        )
    except (ValueError, OSError):
        raise SignInRefused(Reason.WRONG_ENCODING) from None
    found = [(name, value) for name, value in fields if name in names]
    states = [value for name, value in fields if name == "RelayState"]
    if len(found) != 1 or len(states) > 1:
        raise SignInRefused(Reason.WRONG_ENCODING)
    ((name, text),) = found
    return Posted(name=name, text=text, relay_state=states[0] if states else "")


def decode(text: str) -> Message:
    """The answer inside strict base64 (line breaks allowed, nothing else)."""
    message = read(unpacked(text))
    if message.root.tag != _RESPONSE:
        raise SignInRefused(Reason.NOT_A_RESPONSE)
    return message


def unpacked(text: str) -> bytes:
    """The bytes inside strict base64."""
    try:
        data = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise SignInRefused(Reason.NOT_BASE64) from None
    if len(data) > MESSAGE_MAX_BYTES:
        raise SignInRefused(Reason.TOO_LARGE)
    return data


def read(data: bytes) -> Message:
    """A message whose elements have names of their own."""
    message = Message(data=data, root=parse(data))
    demand_unique_ids(message.root)
    return message


def parse_inside(data: bytes, *, names: Mapping[str | None, str]) -> Any:
    """The one element of a decrypted text, which knows the prefixes around it."""
    around = etree.tostring(etree.Element("opened", nsmap=dict(names)))
    root = parse(around[:-2] + b">" + data + b"</opened>")
    if len(root) != 1 or (root.text or "").strip() or (root[0].tail or "").strip():
        raise SignInRefused(Reason.NOT_XML)
    inner = root[0]
    inner.tail = None
    return inner


def parse(data: bytes) -> Any:
    """A tree without document type, of bounded depth and size, in UTF-8."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        raise SignInRefused(Reason.NOT_XML) from None
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise SignInRefused(Reason.HAS_DTD)
    # The library drops comments and instructions too: both read the same text.
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise SignInRefused(Reason.NOT_XML) from None
    docinfo = root.getroottree().docinfo
    if docinfo.doctype:
        raise SignInRefused(Reason.HAS_DTD)
    if (docinfo.encoding or "UTF-8").upper() not in {"UTF-8", "US-ASCII", "ASCII"}:
        raise SignInRefused(Reason.NOT_XML)
    demand_small(root)
    return root


def demand_small(root: Any) -> None:
    """No deeper and no larger than any answer needs to be."""
    depth = nodes = 0
    for event, _element in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        nodes += event == "start"
        if depth > _DEPTH_MAX or nodes > _NODES_MAX:
            raise SignInRefused(Reason.TOO_COMPLEX)


def demand_unique_ids(root: Any) -> None:
    """No two elements of one name, however the attribute is spelled."""
    seen: set[str] = set()
    for element in root.iter(etree.Element):
        for name in ("ID", "Id", "id"):
            value = element.get(name)
            if value is None:
                continue
            if value in seen:
                raise SignInRefused(Reason.DUPLICATE_ID)
            seen.add(value)
