"""Compiles the library's schemas and paths once, where it would for each message.

Reading and compiling them takes longer than most of what a message costs, so strangers
could have it done at will. A schema keeps the errors of its last run, so each thread
has its own; a path is evaluated by one thread at a time, which lxml sees to.
"""

import threading
from functools import lru_cache
from pathlib import Path
from typing import Any

import onelogin.saml2
from lxml import etree
from onelogin.saml2.constants import OneLogin_Saml2_Constants
from onelogin.saml2.xml_utils import OneLogin_Saml2_XML

_SCHEMAS = Path(onelogin.saml2.__file__).parent / "schemas"
_PROTOCOL = "saml-schema-protocol-2.0.xsd"


class _Compiled(threading.local):
    def __init__(self) -> None:
        self.schemas: dict[str, Any] = {}


_compiled = _Compiled()


def fits_protocol(root: Any) -> bool:
    """Whether a message is of the form that the standard's schema demands."""
    return not isinstance(_validate(root, _PROTOCOL), str)


def prepare() -> None:
    """Have the library use this module's functions of the same names."""
    OneLogin_Saml2_XML.validate_xml = staticmethod(_validate)
    OneLogin_Saml2_XML.query = staticmethod(_query)


def _validate(xml: Any, schema: str, debug: bool = False) -> Any:  # noqa: ARG001, FBT001, FBT002
    """The element, or the library's word for one that does not fit the schema."""
    root = OneLogin_Saml2_XML.to_etree(xml)
    if schema not in _compiled.schemas:
        _compiled.schemas[schema] = etree.XMLSchema(file=str(_SCHEMAS / schema))
    return root if _compiled.schemas[schema].validate(root) else "invalid_xml"


def _query(dom: Any, query: str, context: Any = None, tagid: str | None = None) -> Any:
    """The nodes on a path from `context`, or from the document."""
    variables = {} if tagid is None else {"tagid": tagid}
    return _path(query)(dom if context is None else context, **variables)


@lru_cache(maxsize=256)
def _path(query: str) -> Any:
    return etree.XPath(query, namespaces=OneLogin_Saml2_Constants.NSMAP)
