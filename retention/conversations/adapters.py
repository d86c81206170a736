"""Decides for front ends who may open or continue a conversation: its owner alone.

What a member does not see on their own page is not there: somebody else's conversation,
one that was deleted, and one past its retention all look like one that never was.
"""

from collections.abc import Sequence
from uuid import UUID

from django.utils.translation import gettext as _

from retention.conversations import selectors
from retention.conversations.selectors import Seen
from retention.policies import visible
from workspaces.access.features import Feature
from workspaces.access.standings import Bundled
from workspaces.access.verdicts import Source, Verdict, Where
from workspaces.content import visibility
from workspaces.decisions import table
from workspaces.decisions.table import Asked, Question
from workspaces.members.models import MembershipStatus

VIEW, CONTINUE = "view", "continue"
_NONE = UUID(int=0)


class Conversations:
    """The conversations of members."""

    name = "conversation"
    actions = (VIEW, CONTINUE)

    def verdicts(
        self, questions: Sequence[Question], *, asked: Asked
    ) -> list[Verdict | None]:
        ids = [table.uuid_of(one.resource) for one in questions]
        seen = selectors.seen(
            workspace=asked.workspace,
            public_ids={one for one in ids if one is not None},
            at=asked.at,
        )
        return [
            _verdict(one, seen.get(public_id or _NONE))
            for one, public_id in zip(questions, ids, strict=True)
        ]

    def candidates(
        self, *, by: Bundled, after: str, size: int, asked: Asked
    ) -> list[str]:
        found = selectors.visible_to(
            workspace=asked.workspace, membership_id=by.member.pk, at=asked.at
        )
        if after:
            found = found.filter(public_id__gt=table.uuid_of(after) or _NONE)
        ids = found.order_by("public_id").values_list("public_id", flat=True)[:size]
        return [str(one) for one in ids]


_CONVERSATIONS = Conversations()


def register() -> None:
    """Called once, when the app is ready."""
    visibility.register(selectors.visible_to)
    visibility.register_unexpired(visible.unexpired)
    table.register(_CONVERSATIONS)


def _verdict(question: Question, seen: Seen | None) -> Verdict | None:
    standing = question.by.standing
    if seen is None or seen.owner_id != question.by.member.pk:
        return None
    if question.action == CONTINUE or standing.status != MembershipStatus.ACTIVE:
        feature = Feature.TEMPORARY_CHATS if seen.is_temporary else Feature.HISTORY
        return standing.verdict(feature)
    own = Source(where=Where.RESOURCE, said="own", decided=True)
    reason = _("The conversation belongs to this member.")
    return Verdict(allowed=True, reason=reason, value="own", trail=(own,))
