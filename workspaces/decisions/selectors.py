"""Answers questions in bundles, and searches by asking them of one after another.

A batch costs the queries of one question of each type that is in it. A search looks at
so many candidates a page and no more, and says where the next page goes on, also when
nobody on this one was found.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

from django.utils.translation import gettext as _

from workspaces.access import standings
from workspaces.access.standings import Bundled
from workspaces.access.verdicts import Verdict
from workspaces.decisions import table
from workspaces.decisions.paging import BadToken, Place
from workspaces.decisions.schemas import Action, Evaluation, Resource, Subject
from workspaces.decisions.table import Asked, Question

USER = "user"
LOOKED_AT = 1_000
_AT_ONCE = 200
_LONGEST_ADDRESS = 254
_BIGINT = 2**63

CandidateT = TypeVar("CandidateT")


class Code(StrEnum):
    """What an answer is, for programs."""

    PERMITTED = "permitted"
    DENIED = "denied"
    UNKNOWN_SUBJECT = "unknown_subject"
    UNKNOWN_RESOURCE = "unknown_resource"
    UNKNOWN_ACTION = "unknown_action"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One answer; only `PERMITTED` is a yes. `verdict` is of the evaluator."""

    code: Code
    reason: str
    verdict: Verdict | None = None

    @property
    def is_permitted(self) -> bool:
        return self.code is Code.PERMITTED


@dataclass(frozen=True, kw_only=True)
class Found:
    """What one page of a search found, and after what the next begins, if any."""

    ids: list[str]
    after: str | None


def evaluate(evaluations: Sequence[Evaluation], *, asked: Asked) -> list[Answer]:
    """One answer an evaluation, in their order."""
    members = _members(
        {one.subject.id for one in evaluations if _is_user(one.subject)}, asked
    )
    answers: dict[int, Answer] = {}
    bundles: dict[str, dict[int, Question]] = defaultdict(dict)
    for place, one in enumerate(evaluations):
        member = members.get(one.subject.id) if _is_user(one.subject) else None
        flaw = _flaw(one, member)
        if flaw is not None:
            answers[place] = flaw
        elif member is not None:
            bundles[one.resource.type][place] = _question(member, one)
    for name, questions in bundles.items():
        answers |= _asked_of(name, questions, asked=asked)
    return [answers[place] for place in range(len(evaluations))]


def subjects(
    *, action: Action, resource: Resource, place: Place, asked: Asked
) -> Found:
    """The members who may do `action` to `resource`, by their public ids."""

    def permitted(found: Sequence[Bundled]) -> list[bool]:
        return _permitted(
            resource.type, [_ask(one, action, resource.id) for one in found], asked
        )

    return _search(
        place,
        fetch=lambda after, size: _members_after(after, size, asked),
        permitted=permitted,
        position=lambda one: str(one.member.pk),
        name=lambda one: str(one.member.public_id),
    )


def resources(
    *, subject: Subject, action: Action, kind: str, place: Place, asked: Asked
) -> Found:
    """The resources of that type to which the member may do `action`."""
    found, member = table.kind(kind), _member(subject, asked)
    if found is None or member is None:
        return Found(ids=[], after=None)

    def fetch(after: str, size: int) -> Sequence[str]:
        return found.candidates(by=member, after=after, size=size, asked=asked)

    def permitted(ids: Sequence[str]) -> list[bool]:
        return _permitted(kind, [_ask(member, action, one) for one in ids], asked)

    return _search(place, fetch=fetch, permitted=permitted, position=str, name=str)


def actions(
    *, subject: Subject, resource: Resource, place: Place, asked: Asked
) -> Found:
    """What the member may do to `resource`."""
    found, member = table.kind(resource.type), _member(subject, asked)
    if found is None or member is None:
        return Found(ids=[], after=None)
    names = sorted(found.actions)

    def fetch(after: str, size: int) -> Sequence[str]:
        return [one for one in names if one > after][:size]

    def permitted(some: Sequence[str]) -> list[bool]:
        questions = [
            Question(by=member, action=one, resource=resource.id) for one in some
        ]
        return _permitted(resource.type, questions, asked)

    return _search(place, fetch=fetch, permitted=permitted, position=str, name=str)


def _search(
    place: Place,
    *,
    fetch: Callable[[str, int], Sequence[CandidateT]],
    permitted: Callable[[Sequence[CandidateT]], list[bool]],
    position: Callable[[CandidateT], str],
    name: Callable[[CandidateT], str],
) -> Found:
    """Candidates who are permitted, until the page is full or enough were looked at."""
    ids: list[str] = []
    after, looked_at = place.after, 0
    while len(ids) < place.limit and looked_at < LOOKED_AT:
        found = fetch(after, _AT_ONCE)
        for candidate, is_permitted in zip(found, permitted(found), strict=True):
            if len(ids) == place.limit:
                return Found(ids=ids, after=after)
            after = position(candidate)
            if is_permitted:
                ids.append(name(candidate))
        looked_at += _AT_ONCE
        if len(found) < _AT_ONCE:
            return Found(ids=ids, after=None)
    return Found(ids=ids, after=after)


def _permitted(kind: str, questions: Sequence[Question], asked: Asked) -> list[bool]:
    found = table.kind(kind)
    if found is None or any(one.action not in found.actions for one in questions):
        return [False] * len(questions)
    verdicts = found.verdicts(questions, asked=asked)
    return [verdict is not None and verdict.allowed for verdict in verdicts]


def _asked_of(
    name: str, questions: dict[int, Question], *, asked: Asked
) -> Iterable[tuple[int, Answer]]:
    kind = table.kind(name)
    verdicts = kind.verdicts(list(questions.values()), asked=asked) if kind else []
    return zip(questions, map(_answer, verdicts), strict=True)


def _answer(verdict: Verdict | None) -> Answer:
    if verdict is None:
        return _unknown_resource()
    code = Code.PERMITTED if verdict.allowed else Code.DENIED
    return Answer(code=code, reason=verdict.reason, verdict=verdict)


def _flaw(one: Evaluation, member: Bundled | None) -> Answer | None:
    """The answer to what names something that is not there."""
    if member is None:
        return Answer(
            code=Code.UNKNOWN_SUBJECT,
            reason=_("This workspace has no such member."),
        )
    kind = table.kind(one.resource.type)
    if kind is None:
        return _unknown_resource()
    if one.action.name not in kind.actions:
        return Answer(
            code=Code.UNKNOWN_ACTION,
            reason=_("This cannot be done to such a resource."),
        )
    return None


def _unknown_resource() -> Answer:
    return Answer(
        code=Code.UNKNOWN_RESOURCE,
        reason=_("There is no such resource in this workspace."),
    )


def _question(member: Bundled, one: Evaluation) -> Question:
    return _ask(member, one.action, one.resource.id)


def _ask(member: Bundled, action: Action, resource: str) -> Question:
    return Question(
        by=member, action=action.name, resource=resource, level=action.level
    )


def _is_user(subject: Subject) -> bool:
    return subject.type == USER


def _member(subject: Subject, asked: Asked) -> Bundled | None:
    found = _members({subject.id}, asked) if _is_user(subject) else {}
    return found.get(subject.id)


def _members(ids: set[str], asked: Asked) -> dict[str, Bundled]:
    """Members who were not removed by what names them: public id or e-mail address."""
    public = {said: found for said in ids if (found := table.uuid_of(said))}
    addresses = {
        said: said.strip().lower()
        for said in ids - public.keys()
        if "@" in said and "\0" not in said and len(said) <= _LONGEST_ADDRESS
    }
    if not public and not addresses:
        return {}
    by_name: dict[UUID | str, Bundled] = {}
    for one in standings.named(
        public_ids=set(public.values()),
        addresses=set(addresses.values()),
        workspace=asked.workspace,
    ):
        by_name[one.member.public_id] = by_name[one.member.email] = one
    wanted: dict[str, UUID | str] = {**public, **addresses}
    return {said: by_name[name] for said, name in wanted.items() if name in by_name}


def _members_after(after: str, size: int, asked: Asked) -> list[Bundled]:
    return standings.active_after(
        after=_pk(after) if after else 0, size=size, workspace=asked.workspace
    )


def _pk(after: str) -> int:
    if not (after.isascii() and after.isdigit() and int(after) < _BIGINT):
        raise BadToken
    return int(after)
