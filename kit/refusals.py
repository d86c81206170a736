"""The base of everything that can be refused with a sentence.

Exceptions that say what cannot be (`LastOwnerMustStay`, `ItemIsHeld`) derive from it
and are defined beside the function that raises; pages, commands and APIs show their
sentence as it is.
"""

from typing import ClassVar


class Refused(Exception):
    """Something cannot be done; `str()` of it is one sentence for the person."""

    status: ClassVar[int] = 409  # of the HTTP answer; subclasses may say 400 or 422
