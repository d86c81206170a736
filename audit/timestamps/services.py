"""Has each new head of the site's log timestamped, and keeps the authority's answers.

- One head covers every anchor below it, however long the authority was down.
- Nothing is sent inside a transaction; `audit.anchors.turns` says whose turn it is.
- Killed before an answer was kept, the next turn asks again.
- Anchors take their proof from the timestamped head afterwards, some at a time.
"""

from datetime import datetime

from django.conf import settings

from audit.anchors import rules, turns
from audit.anchors.turns import Clock
from audit.timestamps import selectors, tokens
from audit.timestamps.models import Problem
from audit.timestamps.selectors import PARTY, Authority
from audit.timestamps.tokens import NotGranted, TokenRefused
from kit.outbound import Client, OutboundFailed, OutboundRefused

_OK = 200
_HEADERS = {
    "Content-Type": "application/timestamp-query",
    "Accept": "application/timestamp-reply",
}


class AskingFailed(Exception):
    """The authority gave no timestamp that holds."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.value)
        self.problem = problem


def ask_due(*, clock: Clock) -> int:
    """Asks the authority about every epoch that is due; how many heads it stamped."""
    authority = selectors.configured()
    if authority is None:
        return 0
    due = turns.due_epochs(PARTY, at=clock())
    return sum(_ask(epoch, authority=authority, clock=clock) for epoch in due)


def cover() -> int:
    """Gives some anchors their proof below a timestamped head; how many."""
    return turns.cover(PARTY)


def first_unsound(authority: Authority) -> int | None:
    """The first epoch of the site's log whose timestamp does not hold: for commands."""
    for row in turns.attested(PARTY):
        try:
            said = tokens.said_at(
                bytes(row.stamp or b""), note=row.note, roots=authority.roots
            )
        except TokenRefused:
            return int(row.epoch)
        if said != row.stamped_at:
            return int(row.epoch)
    return None


def _ask(epoch: int, *, authority: Authority, clock: Clock) -> bool:
    turn = turns.claimed(PARTY, epoch=epoch, at=clock())
    if turn is None:
        return False
    head = turns.newest_head(epoch)
    try:
        stamp, said = _stamped(head.note, authority=authority)
        at = clock()
        if not rules.is_plausible(said, at=at):
            raise AskingFailed(Problem.BAD_ANSWER)
    except AskingFailed as failure:
        turns.failed(turn, head, problem=failure.problem, at=clock())
        return False
    return turns.kept(turn, head, at=at, note=head.note, stamp=stamp, stamped_at=said)


def _stamped(note: str, *, authority: Authority) -> tuple[bytes, datetime]:
    """The authority's answer, and the time that it says."""
    asked = tokens.asking(note)
    client = Client(
        allow_http=settings.CUSTOS_OUTBOUND_ALLOW_PRIVATE,
        total_seconds=20,
        largest_body=65_536,
    )
    try:
        answer = client.post(authority.url, body=asked.body, headers=_HEADERS)
    except (OutboundFailed, OutboundRefused):
        raise AskingFailed(Problem.UNREACHABLE) from None
    if answer.status != _OK:
        raise AskingFailed(Problem.UNREACHABLE)
    try:
        said = tokens.said_at(
            answer.body, note=note, roots=authority.roots, nonce=asked.nonce
        )
    except NotGranted:
        raise AskingFailed(Problem.NOT_GRANTED) from None
    except TokenRefused:
        raise AskingFailed(Problem.BAD_ANSWER) from None
    return answer.body, said
