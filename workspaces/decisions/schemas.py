"""The messages of the OpenID AuthZEN Authorization API 1.0, as they are sent.

Members that the standard does not name are ignored, as it demands; whatever it does
name has to be of its type. A member that is null counts as left out.
"""

from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

MOST_EVALUATIONS = 200
LARGEST_PAGE = 200
_NO_LEVEL = "?"


class _Message(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")


class Subject(_Message):
    """Who would do it: a member, by public id or e-mail address."""

    type: str
    id: str
    properties: dict[str, Any] | None = None


class Action(_Message):
    """What would be done; `level` among its properties says how widely to share."""

    name: str
    properties: dict[str, Any] | None = None

    @property
    def level(self) -> str:
        """The level that is asked for, "" for none; what is no word is no level."""
        found = (self.properties or {}).get("level")
        if found is None:
            return ""
        return found if isinstance(found, str) and found else _NO_LEVEL


class Resource(_Message):
    """What it would be done to."""

    type: str
    id: str
    properties: dict[str, Any] | None = None


class Sought(_Message):
    """The entity that a search is for: only its type counts."""

    type: str
    properties: dict[str, Any] | None = None


class Evaluation(_Message):
    """May this subject do this to that resource?"""

    subject: Subject
    action: Action
    resource: Resource
    context: dict[str, Any] | None = None


class Semantic(StrEnum):
    """Whether a batch stops at its first no, at its first yes, or at its end."""

    EXECUTE_ALL = "execute_all"
    DENY_ON_FIRST_DENY = "deny_on_first_deny"
    PERMIT_ON_FIRST_PERMIT = "permit_on_first_permit"


class Options(_Message):
    """How a batch is to be executed."""

    evaluations_semantic: Semantic | None = Field(default=None, strict=False)


class Evaluations(_Message):
    """Several evaluations; what one leaves out it takes from the top, whole."""

    subject: Subject | None = None
    action: Action | None = None
    resource: Resource | None = None
    context: dict[str, Any] | None = None
    evaluations: list[Any] | None = Field(
        default=None,
        max_length=MOST_EVALUATIONS,
        description="Objects with subject, action, resource and context of their own.",
    )
    options: Options | None = None


class PageWish(_Message):
    """Which part of the results is wanted."""

    token: str | None = None
    limit: int | None = Field(default=None, ge=0)


class SubjectSearch(_Message):
    """Who may do this to that resource?"""

    subject: Sought
    action: Action
    resource: Resource
    context: dict[str, Any] | None = None
    page: PageWish | None = None


class ResourceSearch(_Message):
    """To which resources of that type may this subject do it?"""

    subject: Subject
    action: Action
    resource: Sought
    context: dict[str, Any] | None = None
    page: PageWish | None = None


class ActionSearch(_Message):
    """What may this subject do to that resource?"""

    subject: Subject
    resource: Resource
    context: dict[str, Any] | None = None
    page: PageWish | None = None


class Decision(_Message):
    """Yes or no; the context says why, and at which value a setting stands."""

    decision: bool
    context: dict[str, Any] | None = None


class Decisions(_Message):
    """The decisions of a batch, in its order."""

    evaluations: list[Decision]


class PageMade(_Message):
    """Where the results go on; "" at their end."""

    next_token: str
    count: int


class Results(_Message):
    """What a search found: subjects, resources or actions."""

    page: PageMade
    results: list[dict[str, str]]
