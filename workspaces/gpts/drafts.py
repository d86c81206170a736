"""What a member writes of a GPT, before it is sealed as a version, and its limits."""

import re
from dataclasses import dataclass, field
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from kit.refusals import Refused
from workspaces.access.features import Feature
from workspaces.gpts import actions

LONGEST_NAME = 100
LONGEST_DESCRIPTION = 300
LONGEST_INSTRUCTIONS = 8_000
MOST_STARTERS = 6
LONGEST_STARTER = 200
MOST_ACTIONS = 10
MOST_CONNECTORS = 20
MOST_FILES = 20
LARGEST_FILE_BYTES = 2_000_000
_SLUG = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")


class Tool(StrEnum):
    """What a GPT may do beside talking."""

    WEB_SEARCH = "web_search"
    CODE_EXECUTION = "code_execution"
    IMAGE_GENERATION = "image_generation"
    FILE_SEARCH = "file_search"


TOOL_LABELS: dict[Tool, str | Promise] = {
    Tool.WEB_SEARCH: _("Search the web"),
    Tool.CODE_EXECUTION: _("Run code"),
    Tool.IMAGE_GENERATION: _("Make images"),
    Tool.FILE_SEARCH: _("Search its files"),
}


class BadDraft(Refused):
    """The GPT cannot be saved as written."""

    status = 422


# What a member may use of it: a tool is not available where its feature is off.
FEATURES: dict[str, Feature] = {
    Tool.WEB_SEARCH: Feature.WEB_SEARCH,
    Tool.CODE_EXECUTION: Feature.CODE_EXECUTION,
}


@dataclass(frozen=True, kw_only=True)
class Draft:
    """One version as its author writes it."""

    name: str
    description: str = ""
    instructions: str = field(default="", repr=False)
    starters: tuple[str, ...] = ()
    tools: frozenset[Tool] = frozenset()
    schemas: tuple[str, ...] = field(default=(), repr=False)
    connectors: tuple[str, ...] = ()

    @property
    def summary(self) -> dict[str, object]:
        """What whoever may use the GPT reads."""
        return {
            "name": self.name,
            "description": self.description,
            "starters": list(self.starters),
        }

    @property
    def config(self) -> dict[str, object]:
        """What only whoever may see its settings reads."""
        return {"instructions": self.instructions, "schemas": list(self.schemas)}


@dataclass(frozen=True, kw_only=True)
class Upload:
    """One file that comes with a draft."""

    name: str
    kind: str
    data: bytes = field(repr=False)


def check(draft: Draft) -> tuple[str, ...]:
    """The hosts that its actions would call; BadDraft where a limit is passed."""
    if not draft.name.strip():
        raise BadDraft(_t("Give the GPT a name."))
    _demand(len(draft.name), LONGEST_NAME, _t("The name is too long."))
    _demand(
        len(draft.description), LONGEST_DESCRIPTION, _t("The description is too long.")
    )
    _demand(
        len(draft.instructions),
        LONGEST_INSTRUCTIONS,
        _t("The instructions are too long."),
    )
    _demand(len(draft.starters), MOST_STARTERS, _t("There are too many starters."))
    _demand(
        max(map(len, draft.starters), default=0),
        LONGEST_STARTER,
        _t("A starter is too long."),
    )
    _demand(len(draft.schemas), MOST_ACTIONS, _t("There are too many actions."))
    _demand(
        len(draft.connectors), MOST_CONNECTORS, _t("There are too many connectors.")
    )
    for slug in draft.connectors:
        if not _SLUG.fullmatch(slug):
            raise BadDraft(_t("A connector is named by its short name, like “github”."))
    called = (host for text in draft.schemas for host in actions.hosts_of(text))
    return tuple(dict.fromkeys(called))


def check_uploads(uploads: tuple[Upload, ...], *, kept: int) -> None:
    """BadDraft where there are too many files, or one is too large."""
    _demand(len(uploads) + kept, MOST_FILES, _t("There are too many files."))
    for one in uploads:
        _demand(len(one.data), LARGEST_FILE_BYTES, _t("A file is too large."))


def _demand(size: int, most: int, sentence: str) -> None:
    if size > most:
        raise BadDraft(
            _t("%(sentence)s At most: %(most)d.") % {"sentence": sentence, "most": most}
        )
