"""Compiles the schemas of the library once a thread, where it would for each message.

Compiling takes longer than everything else that a message costs, so strangers could
have it done at will. A schema keeps the errors of its last run, so each thread has its
own.
"""

import threading
from typing import Any

from lxml import etree
from onelogin.saml2.xml_utils import OneLogin_Saml2_XML


class _Compiled(threading.local):
    def __init__(self) -> None:
        self.schemas: dict[str, Any] = {}


_compiled = _Compiled()
_PROTOCOL = "saml-schema-protocol-2.0.xsd"


def fits_protocol(root: Any) -> bool:
    """Whether a message is of the form that the standard's schema demands."""
    return not isinstance(OneLogin_Saml2_XML.validate_xml(root, _PROTOCOL), str)


def _schema(tree: Any) -> Any:
    """Stands in for the class that compiles a schema, whose file the tree names."""
    name = tree.docinfo.URL
    if name not in _compiled.schemas:
        _compiled.schemas[name] = etree.XMLSchema(tree)
    return _compiled.schemas[name]


def prepare() -> None:
    """Have the library compile by this module."""
    OneLogin_Saml2_XML._schema_class = staticmethod(_schema)
