"""The base of everything that can be refused with a sentence.

Exceptions that say what cannot be (`LastOwnerMustStay`, `ItemIsHeld`) derive from it
and are defined beside the function that raises; pages, commands and APIs show their
sentence as it is.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar

from django.utils.translation import gettext as _


class Refused(Exception):
    """Something cannot be done; `str()` of it is one sentence for the person."""

    status: ClassVar[int] = 409  # of the HTTP answer; subclasses may say 400 or 422
    code: ClassVar[str] = ""  # by which programs of others know it, where they do
    headers: Mapping[str, str] = MappingProxyType({})  # of an API's answer


class WorkspaceIsClosing(Refused):
    """A workspace that is being closed takes nothing new in.

    The database refuses with this state of an error, whatever door was taken; the
    open scope turns it into the sentence.
    """

    code = "workspace_closing"
    sqlstate: ClassVar[str] = "CU001"

    def __init__(self) -> None:
        super().__init__(
            _("This workspace is being closed: nothing new is stored in it.")
        )


class UnderLegalHold(Refused):
    """A legal hold covers it: every API that deletes answers so, and is not retried."""

    code = "legal_hold"
    headers = MappingProxyType({"x-should-retry": "false"})
