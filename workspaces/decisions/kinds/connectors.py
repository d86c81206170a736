"""Decides about connectors and single actions of theirs, as the members' pages do.

`use` needs the member's own sign-in at the connected app; `link` asks whether they may
sign in there at all. An action is named by its connector: `google-drive/files.search`.
"""

from collections.abc import Sequence

from workspaces.access.standings import Bundled
from workspaces.access.verdicts import Verdict
from workspaces.connectors.selectors import bundles
from workspaces.decisions.table import Asked, Question

USE, LINK = "use", "link"
_LONGEST_SLUG = 63
_LONGEST_ACTION = 100


class Connectors:
    """The connectors of a workspace, by the name in their address."""

    name = "connector"
    actions = (USE, LINK)

    def verdicts(
        self, questions: Sequence[Question], *, asked: Asked
    ) -> list[Verdict | None]:
        return _verdicts(
            questions, [(one.resource, "") for one in questions], asked=asked
        )

    def candidates(
        self,
        *,
        by: Bundled,  # noqa: ARG002 -- the same for all
        after: str,
        size: int,
        asked: Asked,  # noqa: ARG002
    ) -> list[str]:
        return bundles.slugs(after=after, size=size)


class ConnectorActions:
    """What connectors do, one by one."""

    name = "connector_action"
    actions = (USE,)

    def verdicts(
        self, questions: Sequence[Question], *, asked: Asked
    ) -> list[Verdict | None]:
        named = [one.resource.partition("/") for one in questions]
        return _verdicts(
            questions,
            [(slug if action else "", action) for slug, _slash, action in named],
            asked=asked,
        )

    def candidates(
        self, *, by: Bundled, after: str, size: int, asked: Asked
    ) -> list[str]:
        found = bundles.of(members=[by], workspace=asked.workspace)
        names = sorted(
            f"{slug}/{action.name}"
            for slug, setup in found[by.member.pk].setups.items()
            for action in setup.actions
        )
        return [one for one in names if one > after][:size]


def _verdicts(
    questions: Sequence[Question], named: Sequence[tuple[str, str]], *, asked: Asked
) -> list[Verdict | None]:
    found = bundles.of(
        members=[one.by for one in questions],
        workspace=asked.workspace,
        connectors={slug for slug, _action in named if _is_slug(slug)},
    )
    verdicts: list[Verdict | None] = []
    for question, (slug, action) in zip(questions, named, strict=True):
        standing = found[question.by.member.pk]
        if slug not in standing.setups or len(action) > _LONGEST_ACTION:
            verdicts.append(None)
            continue
        needs_link = question.action != LINK
        verdicts.append(standing.verdict(slug, action, needs_link=needs_link))
    return verdicts


def _is_slug(text: str) -> bool:
    return 0 < len(text) <= _LONGEST_SLUG and "\0" not in text
