"""Puts what was purged day by day on the overview."""

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kit import overview
from kit.actor import Actor
from kit.charts.bars import Bar, BarChart
from kit.formatting import absolute, day, grouped
from kit.overview import Card, CardView, Place, Status, Task
from kit.permissions import Permission
from retention.places import place
from retention.sweeps import batches, selectors
from retention.sweeps.batches import Day
from retention.sweeps.breaker import selectors as breaker
from retention.sweeps.breaker import showing as stopped
from workspaces.tenancy.selectors import WorkspaceRef, access_of

_DAYS = 14


def register() -> None:
    """Called once, when the app is ready."""
    overview.register(
        Card(
            name="purged",
            order=40,
            place=Place.MAIN,
            permission=Permission.SWEEPS_VIEW,
            build=_purged,
        )
    )


def _purged(actor: Actor, at: datetime) -> CardView | None:
    days = batches.by_day(days=_DAYS, at=at)
    workspace = access_of(actor=actor).workspace
    tasks = _tasks(workspace, at=at)
    if not tasks and not any(one.purged or one.held for one in days):
        return None
    total = sum(one.purged for one in days)
    sentence = ngettext(
        "%(n)s conversation was purged in two weeks.",
        "%(n)s conversations were purged in two weeks.",
        total,
    ) % {"n": grouped(total)}
    return CardView(
        status=Status.WARN if tasks else Status.OK,
        sentence=tasks[0].title if tasks else sentence,
        template="retention/sweeps/card.html",
        context={
            "chart": _chart(days, sentence),
            "url": place(workspace, "retention:sweeps"),
        },
        tasks=tasks,
    )


def _chart(days: list[Day], sentence: str) -> BarChart:
    last = len(days) - 1
    return BarChart(
        id="purged",
        title=sentence,
        description=_("Conversations purged on each of the last 14 days."),
        caption=_("Conversations purged per day (UTC), %(first)s to %(last)s")
        % {"first": f"{days[0].day:%-d %b}", "last": f"{days[-1].day:%-d %b %Y}"},
        bars=tuple(
            Bar(
                label=str(one.day.day),
                value=one.purged,
                held=one.held,
                is_current=place_no == last,
            )
            for place_no, one in enumerate(days)
        ),
        category=_("Day"),
        value_name=_("Purged"),
        held_name=_("Held, left in place"),
        plot_height=140,
    )


def _tasks(workspace: WorkspaceRef, *, at: datetime) -> tuple[Task, ...]:
    """A sweep waits for a person, or the newest one left something behind."""
    stop = breaker.open_stop()
    if stop is not None:
        return (
            Task(
                title=_("A sweep was stopped before its first batch."),
                action_url=place(
                    workspace, "retention:sweep-stop", stop=stop.public_id
                ),
                action_label=_("See its numbers"),
                fact=stopped.sentence(
                    stop,
                    is_agreed=breaker.first_word_counts(
                        stop=stop, workspace=workspace, at=at
                    ),
                ),
            ),
        )
    newest = selectors.sweeps().order_by("-opened_at", "-id").first()
    if newest is None or not newest.failed_n:
        return ()
    title = ngettext(
        "The sweep of %(day)s left %(n)s conversation that stayed locked.",
        "The sweep of %(day)s left %(n)s conversations that stayed locked.",
        newest.failed_n,
    ) % {"day": day(newest.opened_at), "n": grouped(newest.failed_n)}
    url = place(workspace, "retention:sweep", sweep=newest.public_id)
    return (
        Task(
            title=title,
            action_url=url,
            action_label=_("Open the sweep"),
            fact=_("They wait for the next one, after %s.")
            % absolute(newest.ended_at or newest.opened_at),
        ),
    )
