"""Decides about features and models, by the evaluator of the members' pages.

A feature is asked for at all, or to a level (`action.properties.level`). A model is
asked for by the name under which admins allow it.
"""

from collections.abc import Sequence

from workspaces.access import standings
from workspaces.access.features import Feature
from workspaces.access.verdicts import Verdict
from workspaces.decisions.table import Asked, Question
from workspaces.members.models import Membership

USE = "use"
_NAMES = sorted(Feature)
_LONGEST_NAME = 100


class Features:
    """The features that a workspace can switch."""

    name = "feature"
    actions = (USE,)

    def verdicts(
        self, questions: Sequence[Question], *, asked: Asked
    ) -> list[Verdict | None]:
        found = standings.of(
            members=[one.member for one in questions], plan=asked.workspace.plan
        )
        return [
            found[one.member.pk].standing.verdict(Feature(one.resource), one.level)
            if one.resource in _NAMES
            else None
            for one in questions
        ]

    def candidates(
        self,
        *,
        member: Membership,  # noqa: ARG002 -- the same for all
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
        self, questions: Sequence[Question], *, asked: Asked
    ) -> list[Verdict | None]:
        found = standings.of(
            members=[one.member for one in questions], plan=asked.workspace.plan
        )
        return [
            found[one.member.pk].standing.verdict(Feature.MODELS, one.resource)
            if 0 < len(one.resource) <= _LONGEST_NAME
            else None
            for one in questions
        ]

    def candidates(
        self, *, member: Membership, after: str, size: int, asked: Asked
    ) -> list[str]:
        found = standings.of(members=[member], plan=asked.workspace.plan)
        named = found[member.pk].standing.verdict(Feature.MODELS).value
        return [one for one in sorted(named) if one > after][:size]
