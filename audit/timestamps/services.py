"""Has each new head of the site's log timestamped, and keeps the authority's answers.

- One head covers every anchor below it, however long the authority was down.
- Nothing is sent inside a transaction; `audit.anchors.turns` says whose turn it is.
- Killed before an answer was kept, the next turn asks again.
- Anchors take their proof from the timestamped head afterwards, some at a time.
"""

from collections.abc import Callable
from datetime import datetime

from django.conf import settings

from audit import recording
from audit.anchors import rules, turns
from audit.anchors.models import AuditAnchor
from audit.anchors.turns import Turn
from audit.log import storage
from audit.log.models import SITE
from audit.log.selectors import log_of
from audit.log.storage import Block
from audit.recording import Outcome, Target
from audit.timestamps import selectors, tokens
from audit.timestamps.models import AuditTimestamp, Problem
from audit.timestamps.selectors import Authority
from audit.timestamps.tokens import NotGranted, TokenRefused
from audit.verification import acts
from kit import scoping
from kit.actor import Actor
from kit.outbound import Client, OutboundFailed, OutboundRefused

ACTION = "audit.head.timestamped"
BATCH = 100
Clock = Callable[[], datetime]

_ALIAS = "sequencer"
_WORKER = Actor.system("timestamp")
_OK = 200
_HEADERS = {
    "Content-Type": "application/timestamp-query",
    "Accept": "application/timestamp-reply",
}
_UNCOVERED = """
select a.organization_id, a.hour, a.index, w.epoch, w.stamped_size, w.note, w.stamp,
       w.stamped_at
  from audit_timestamp w cross join lateral (
    select * from audit_anchor x
     where x.site_epoch = w.epoch and x.stamped_at is null
       and x.index < w.stamped_size
     order by x.entry_id limit %s) a
 where w.organization_id = %s order by w.epoch desc limit %s
"""


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
    due = selectors.due_epochs(at=clock())
    return sum(_ask(epoch, authority=authority, clock=clock) for epoch in due)


def cover() -> int:
    """Gives up to a hundred anchors their proof below a timestamped head; how many."""
    found = storage.rows(_ALIAS, _UNCOVERED, BATCH, SITE, BATCH)
    for organization_id, hour, index, epoch, size, note, stamp, stamped_at in found:
        head = storage.block_ending_at(
            organization_id=SITE, epoch=epoch, size=size, using=_ALIAS
        )
        if head is None:
            raise LookupError(f"no block ends at {size}")
        path = acts.path(head, index=index, using=_ALIAS)
        with scoping.organization(organization_id=organization_id):
            AuditAnchor.objects.filter(hour=hour, stamped_at=None).update(
                stamped=note,
                stamped_proof=b"".join(path),
                stamp=bytes(stamp),
                stamped_at=stamped_at,
            )
    return len(found)


def first_unsound(authority: Authority) -> int | None:
    """The first epoch of the site's log whose timestamp does not hold: for commands."""
    with scoping.organization(organization_id=SITE):
        rows = list(AuditTimestamp.objects.exclude(note="").order_by("epoch"))
    for row in rows:
        try:
            said = tokens.said_at(
                bytes(row.stamp or b""), note=row.note, roots=authority.roots
            )
        except TokenRefused:
            return row.epoch
        if said != row.stamped_at:
            return row.epoch
    return None


def _ask(epoch: int, *, authority: Authority, clock: Clock) -> bool:
    turn = turns.claimed(AuditTimestamp, epoch=epoch, at=clock())
    if turn is None:
        return False
    (head,) = storage.newest_blocks(ids=[SITE], epoch=epoch, using=_ALIAS)
    try:
        stamp, said = _stamped(head.note, authority=authority)
        at = clock()
        if not rules.is_plausible(said, at=at):
            raise AskingFailed(Problem.BAD_ANSWER)
    except AskingFailed as failure:
        _failed(turn, head, failure.problem, at=clock())
        return False
    return _keep(turn, head, stamp, said=said, at=at)


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


def _keep(
    turn: Turn, head: Block, stamp: bytes, *, said: datetime, at: datetime
) -> bool:
    with scoping.organization(organization_id=SITE):
        if not turns.ended(
            turn,
            at=at,
            stamped_size=head.end,
            note=head.note,
            stamp=stamp,
            stamped_at=said,
        ):
            return False
        _record(head, outcome=Outcome.SUCCESS, at=at)
    return True


def _failed(turn: Turn, head: Block, problem: Problem, *, at: datetime) -> None:
    """Sets when to ask again; what the authority refuses is recorded once."""
    is_new = problem not in (Problem.UNREACHABLE, turn.row.problem)
    with scoping.organization(organization_id=SITE):
        if turns.failed(turn, problem=problem, at=at) and is_new:
            _record(head, outcome=Outcome.REFUSED, at=at)


def _record(head: Block, *, outcome: Outcome, at: datetime) -> None:
    recording.record(
        actor=_WORKER,
        action=ACTION,
        target=Target(kind="log", id=log_of(organization_id=SITE).uuid),
        organization_id=SITE,
        at=at,
        outcome=outcome,
        counts={"epoch": head.epoch, "size": head.end},
        digests={"root": head.root.hex()},
    )
