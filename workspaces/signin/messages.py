"""Decodes what a stranger posted into a small, plain XML tree, or refuses it.

Nothing here trusts or stores anything. Sizes are checked before reading, the document
type before parsing, depth and number of nodes before anything walks the tree.
"""

import base64
import binascii
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


def read_post(request: HttpRequest) -> str:
    """The one SAMLResponse field of a form, without Django's tolerant parser."""
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
    found = [value for name, value in fields if name == "SAMLResponse"]
    if len(found) != 1:
        raise SignInRefused(Reason.WRONG_ENCODING)
    return found[0]


def decode(text: str) -> Message:
    """The message inside strict base64 (line breaks allowed, nothing else)."""
    try:
        data = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise SignInRefused(Reason.NOT_BASE64) from None
    if len(data) > MESSAGE_MAX_BYTES:
        raise SignInRefused(Reason.TOO_LARGE)
    message = Message(data=data, root=parse(data))
    if message.root.tag != _RESPONSE:
        raise SignInRefused(Reason.NOT_A_RESPONSE)
    _demand_unique_ids(message.root)
    return message


def parse(data: bytes) -> Any:
    """A tree without document type, of bounded depth and size, in UTF-8."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        raise SignInRefused(Reason.NOT_XML) from None
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise SignInRefused(Reason.HAS_DTD)
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
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
    _demand_small(root)
    return root


def _demand_small(root: Any) -> None:
    depth = nodes = 0
    for event, _element in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        nodes += event == "start"
        if depth > _DEPTH_MAX or nodes > _NODES_MAX:
            raise SignInRefused(Reason.TOO_COMPLEX)


def _demand_unique_ids(root: Any) -> None:
    seen: set[str] = set()
    for element in root.iter(etree.Element):
        for name in ("ID", "Id", "id"):
            value = element.get(name)
            if value is None:
                continue
            if value in seen:
                raise SignInRefused(Reason.DUPLICATE_ID)
            seen.add(value)
