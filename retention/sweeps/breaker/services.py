"""Tells owners of stopped sweeps, and lets one go on when people confirm it.

One person is enough, or two where the stop says so. Both words are for this one stop
and its numbers: a later plan, which is a stop of its own, begins anew.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from audit.recording import Target, record
from kit import scoping
from kit.actor import Actor, ActorKind
from kit.formatting import grouped
from kit.one_by_one import one_by_one
from kit.permissions import Permission
from kit.refusals import Refused
from retention.holds import authority, overrides
from retention.places import place
from retention.policies.safeguards.models import Announcement
from retention.sweeps.breaker import selectors
from retention.sweeps.breaker.models import SweepStop
from retention.sweeps.models import Sweep, Trigger
from retention.sweeps.services import opening
from workspaces.members import selectors as members
from workspaces.members.models import User
from workspaces.notices import services as notices
from workspaces.tenancy import selectors as tenancy
from workspaces.tenancy.selectors import WorkspaceRef

_LONGEST_SUBJECT = 200


class StopIsOver(Refused):
    """A stop that is over needs nobody's word."""


class ReasonIsMissing(Refused):
    """Overriding a stop needs a reason."""


class NumbersHaveChanged(Refused):
    """What the person saw is not what the stop says."""


class SecondPersonIsMissing(Refused):
    """Two people let this stop go on; one of them agreed already, or is none."""


def confirm(
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    stop: UUID,
    seen: int,
    reason: str,
    at: datetime,
) -> Sweep | None:
    """Opens a new sweep that may take as much as the person saw in view.

    None where the stop needs two people and this is the first of them.
    """
    authority.demand(actor, Permission.SWEEPS_RUN, workspace=workspace)
    with scoping.workspace(
        workspace_id=workspace.id, organization_id=workspace.organization.id
    ):
        found = _locked(stop)
        if seen != found.planned_n:
            raise NumbersHaveChanged(_("The numbers are not those that you saw."))
        if found.needs_second and not _is_second(found, actor, workspace, at=at):
            _agree(found, actor, workspace, reason=reason, at=at)
            return None
        return _let_go_on(
            found, actor, workspace, trigger=Trigger.MANUAL, reason=reason, at=at
        )


def override(
    *, workspace: WorkspaceRef, stop: UUID, reason: str, at: datetime
) -> Sweep:
    """Lets a stopped sweep go on at the operator's word, which owners are mailed."""
    if not reason.strip():
        raise ReasonIsMissing(_("Say why the stop is overridden."))
    actor = Actor.operator()
    with scoping.workspace(
        workspace_id=workspace.id, organization_id=workspace.organization.id
    ):
        found = _locked(stop)
        overrides.tell_owners(
            kind="retention.sweep-override",
            workspace=workspace,
            subject=_("%s: a stopped sweep was let go on") % workspace.name,
            what=_("A sweep of %(workspace)s that would purge %(n)s objects goes on.")
            % {"workspace": workspace.name, "n": grouped(found.planned_n)},
            page=place(workspace, "retention:sweeps"),
            actor=actor,
            reason=reason,
            at=at,
        )
        return _let_go_on(
            found, actor, workspace, trigger=Trigger.COMMAND, reason=reason, at=at
        )


def _locked(stop: UUID) -> SweepStop:
    selectors.one(stop=stop)
    found = SweepStop.objects.select_for_update().get(public_id=stop)
    if found.ended_at is not None:
        raise StopIsOver(_("This stop is over: a later sweep was planned."))
    return found


def _is_second(
    stop: SweepStop, actor: Actor, workspace: WorkspaceRef, *, at: datetime
) -> bool:
    """Whether somebody else agreed before; refuses who cannot be one of the two."""
    if actor.kind is not ActorKind.USER:
        raise SecondPersonIsMissing(_("Two people let this sweep go on, no program."))
    if not selectors.first_word_counts(stop=stop, workspace=workspace, at=at):
        return False
    if stop.agreed_by == actor.id:
        raise SecondPersonIsMissing(
            _("You agreed already. Another person who may start sweeps has to agree.")
        )
    if actor.id not in stop.asked:
        raise SecondPersonIsMissing(
            _(
                "You could not start sweeps yet when the first person agreed, so you"
                " cannot be the second this time. After a day it is planned anew."
            )
        )
    return True


def _agree(
    stop: SweepStop,
    actor: Actor,
    workspace: WorkspaceRef,
    *,
    reason: str,
    at: datetime,
) -> None:
    """The first of two: nothing goes on yet, and whoever could be second is asked."""
    others = selectors.others_who_may(workspace=workspace, person=actor.id)
    stop.agreed_by, stop.agreed_at = actor.id, at
    stop.asked = [str(one.public_id) for one in others]
    stop.save(update_fields=["agreed_by", "agreed_at", "asked"])
    _record("retention.sweep.agreed", stop, actor, workspace, reason=reason, at=at)
    _ask_second(stop, others, workspace, at=at)


def _let_go_on(
    stop: SweepStop,
    actor: Actor,
    workspace: WorkspaceRef,
    *,
    trigger: Trigger,
    reason: str,
    at: datetime,
) -> Sweep:
    stop.ended_at, stop.confirmed_by = at, actor.id
    stop.save(update_fields=["ended_at", "confirmed_by"])
    Announcement.objects.create(
        workspace_id=workspace.id,
        begins_at=at,
        objects_n=stop.planned_n,
        announced_at=at,
        announced_by=actor.id,
        # By now two people saw these numbers, or the operator answers for them.
        is_agreed=stop.needs_second,
    )
    _record("retention.sweep.confirmed", stop, actor, workspace, reason=reason, at=at)
    return opening.open_run(actor=actor, workspace=workspace, trigger=trigger, at=at)


def _record(
    action: str,
    stop: SweepStop,
    actor: Actor,
    workspace: WorkspaceRef,
    *,
    reason: str,
    at: datetime,
) -> None:
    record(
        actor=actor,
        action=action,
        target=Target(kind="sweep", id=selectors.sweep_of(stop=stop).public_id),
        organization_id=workspace.organization.id,
        workspace=workspace.public_id,
        at=at,
        counts={"planned": stop.planned_n},
        reason=reason.strip(),
    )


def tell_of_stops(*, at: datetime) -> int:
    """Writes the owners' mails of stops that they were not told of; how many stops."""
    untold = selectors.untold()
    return one_by_one(untold, lambda one: _tell(*one, at=at), what="stop of a sweep")


def _tell(stop: int, workspace_id: int, organization_id: int, *, at: datetime) -> bool:
    with scoping.workspace(workspace_id=workspace_id, organization_id=organization_id):
        found = SweepStop.objects.select_for_update().get(pk=stop)
        if found.told_at is not None:
            return False
        workspace = tenancy.workspace_in_scope(workspace_id=workspace_id)
        _mail(
            members.organization_owners(),
            workspace,
            kind="retention.sweep-stopped",
            subject=_("%s: a sweep was stopped") % workspace.name,
            text=_text(found, workspace),
            at=at,
        )
        found.told_at = at
        found.save(update_fields=["told_at"])
        return True


def _ask_second(
    stop: SweepStop, others: Sequence[User], workspace: WorkspaceRef, *, at: datetime
) -> None:
    """Mails who may be the second; owners, who may not, read that the first agreed."""
    people = {one.email: one for one in [*others, *members.organization_owners()]}
    _mail(
        [one for one in people.values() if str(one.public_id) != stop.agreed_by],
        workspace,
        kind="retention.sweep-waits",
        subject=_("%s: a stopped sweep waits for a second person") % workspace.name,
        text=_(
            "One person agreed that a stopped sweep of %(workspace)s goes on. It does"
            " when another person, who could start sweeps already then, agrees as well"
            " within a day; otherwise nothing goes, and it is planned anew.\n\n"
            "See what it would purge: %(page)s\n"
        )
        % {"workspace": workspace.name, "page": _page(stop, workspace)},
        at=at,
    )


def _mail(
    people: Iterable[User],
    workspace: WorkspaceRef,
    *,
    kind: str,
    subject: str,
    text: str,
    at: datetime,
) -> None:
    for one in people:
        notices.put(
            organization_id=workspace.organization.id,
            kind=kind,
            email=one.email,
            subject=subject[:_LONGEST_SUBJECT],
            text=text,
            at=at,
        )


def _page(stop: SweepStop, workspace: WorkspaceRef) -> str:
    page = place(workspace, "retention:sweep-stop", stop=stop.public_id)
    return f"{settings.CUSTOS_BASE_URL}{page}"


def _text(stop: SweepStop, workspace: WorkspaceRef) -> str:
    return _(
        "A sweep of %(workspace)s was stopped before its first batch: it would have"
        " purged %(planned)s objects, of which nobody was shown %(unannounced)s before"
        "%(by_groups)s. Nothing is gone.\n\n"
        "It goes on only when %(who)s: %(page)s\n"
        "What is due and not held has to be purged within thirty days.\n"
    ) % {
        "workspace": workspace.name,
        "planned": grouped(stop.planned_n),
        "unannounced": grouped(max(0, stop.planned_n - stop.announced_n)),
        "by_groups": _(", and %s are due only by changes of groups")
        % grouped(stop.by_groups_n)
        if stop.by_groups_n
        else "",
        "who": _("two people who may start sweeps confirm it")
        if stop.needs_second
        else _("a person who may start sweeps confirms it"),
        "page": _page(stop, workspace),
    }
