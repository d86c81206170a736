"""Decides about GPTs, as the members' pages do.

A GPT that does not reach a member in any way looks like one that is not there. How
widely somebody would share is a property of the action, `level`.
"""

from collections.abc import Sequence

from workspaces.access.standings import Bundled
from workspaces.access.verdicts import Verdict
from workspaces.decisions import table
from workspaces.decisions.table import Asked, Question
from workspaces.gpts.rules import Act
from workspaces.gpts.selectors import bundles, deciding
from workspaces.gpts.selectors.bundles import Wish

_LONGEST_ID = 100


class Gpts:
    """The GPTs of a workspace, by the id in their address."""

    name = "gpt"
    actions = tuple(one.value for one in Act)

    def verdicts(
        self, questions: Sequence[Question], *, asked: Asked
    ) -> list[Verdict | None]:
        wishes = [_wish(one) for one in questions]
        known = [one for one in wishes if one is not None]
        verdicts = iter(bundles.decide(wishes=known, workspace=asked.workspace))
        return [None if one is None else next(verdicts) for one in wishes]

    def candidates(
        self,
        *,
        by: Bundled,
        after: str,
        size: int,
        asked: Asked,  # noqa: ARG002
    ) -> list[str]:
        found = bundles.found_by(by=by, after=after, size=size)
        return [str(one) for one in found]


class ThirdPartyGpts:
    """GPTs from outside, by the id that admins approve; those approved are listed."""

    name = "third_party_gpt"
    actions = (Act.USE.value,)

    def verdicts(
        self,
        questions: Sequence[Question],
        *,
        asked: Asked,  # noqa: ARG002
    ) -> list[Verdict | None]:
        approved = bundles.approved(
            external_ids={one.resource for one in questions if _is_id(one.resource)}
        )
        return [
            deciding.judged_third_party(
                standing=one.by.standing, is_approved=one.resource in approved
            )
            if _is_id(one.resource)
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
        return bundles.approved_after(after=after, size=size)


def _is_id(text: str) -> bool:
    return 0 < len(text) <= _LONGEST_ID and "\0" not in text


def _wish(question: Question) -> Wish | None:
    gpt = table.uuid_of(question.resource)
    if gpt is None:
        return None
    act, level = Act(question.action), question.level
    return Wish(by=question.by, gpt=gpt, act=act, level=level)
