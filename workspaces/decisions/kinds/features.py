"""Decides about features and models, by the evaluator of the members' pages.

A feature is asked for at all, or to a level (`action.properties.level`). A model is
asked for by the name under which admins allow it.
"""

from collections.abc import Sequence

from workspaces.access.features import Feature
from workspaces.access.standings import Bundled
from workspaces.access.verdicts import Verdict
from workspaces.decisions.table import Asked, Question

USE = "use"
_NAMES = sorted(Feature)
_LONGEST_NAME = 100


class Features:
    """The features that a workspace can switch."""

    name = "feature"
    actions = (USE,)

    def verdicts(
        self,
        questions: Sequence[Question],
        *,
        asked: Asked,  # noqa: ARG002
    ) -> list[Verdict | None]:
        return [
            one.by.standing.verdict(Feature(one.resource), one.level)
            if one.resource in _NAMES
            else None
            for one in questions
        ]

    def candidates(
        self,
        *,
        by: Bundled,  # noqa: ARG002 -- the same for all
        after: str,
        size: int,
        asked: Asked,  # noqa: ARG002
    ) -> list[str]:
        return [one.value for one in _NAMES if one > after][:size]


class Models:
    """The models that a workspace allows by name; “*” is all of them."""

    name = "model"
    actions = (USE,)

    def verdicts(
        self,
        questions: Sequence[Question],
        *,
        asked: Asked,  # noqa: ARG002
    ) -> list[Verdict | None]:
        return [
            one.by.standing.verdict(Feature.MODELS, one.resource)
            if 0 < len(one.resource) <= _LONGEST_NAME
            else None
            for one in questions
        ]

    def candidates(
        self,
        *,
        by: Bundled,
        after: str,
        size: int,
        asked: Asked,  # noqa: ARG002
    ) -> list[str]:
        named = by.standing.verdict(Feature.MODELS).value
        return [one for one in sorted(named) if one > after][:size]
