"""Gathers the figures of /metrics: what waits and lags, for the whole installation."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import redis
from django.conf import settings
from django.db import connections

from audit.log import selectors as log
from kit import scoping
from kit.queues import QUEUES
from retention.promise.models import PromiseStanding
from retention.promise.rules import LIMIT
from workspaces.tenancy.models import Workspace

_NUMBERS = "select doomed, purged, took_ms from retention_numbers(%s)"


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One number of a gauge; `labels` are names and values."""

    name: str
    help: str
    value: float
    labels: tuple[tuple[str, str], ...] = ()


def samples(*, at: datetime, with_names: bool) -> list[Sample]:
    """All gauges; those of single workspaces only `with_names`."""
    return [*_promise(at, with_names=with_names), *_sweeps(at), *_lags(at)]


def _promise(at: datetime, *, with_names: bool) -> list[Sample]:
    with scoping.operator():
        rows = list(PromiseStanding.objects.order_by("workspace_id"))
        slugs = dict(Workspace.objects.values_list("pk", "slug")) if with_names else {}
    overdue = Sample(
        name="custos_overdue_items",
        help="Deleted or expired items past their day and not held.",
        value=sum(row.overdue_n for row in rows),
    )
    oldest = min((row.oldest_at for row in rows if row.oldest_at), default=None)
    due = Sample(
        name="custos_oldest_due_seconds",
        help="Until the oldest item must be gone; negative when it is late.",
        value=((oldest + LIMIT - at) if oldest else LIMIT).total_seconds(),
    )
    measured = min((row.measured_at for row in rows), default=at)
    age = Sample(
        name="custos_promise_age_seconds",
        help="Since the watch looked at the workspace that it looked at longest ago.",
        value=(at - measured).total_seconds(),
    )
    named = [
        Sample(
            name="custos_workspace_overdue_items",
            help="The same of one workspace.",
            value=row.overdue_n,
            labels=(("workspace", slugs[row.workspace_id]),),
        )
        for row in rows
        if row.workspace_id in slugs
    ]
    return [overdue, due, age, *named]


def _sweeps(at: datetime) -> list[Sample]:
    with connections["default"].cursor() as cursor:
        cursor.execute(_NUMBERS, [at - timedelta(days=1)])
        doomed, purged, took_ms = cursor.fetchone()
    return [
        Sample(
            name="custos_doom_rows",
            help="Keys and files that wait to be destroyed.",
            value=doomed,
        ),
        Sample(
            name="custos_purged_items_per_day",
            help="Items purged in the last 24 hours.",
            value=purged,
        ),
        Sample(
            name="custos_purge_items_per_second",
            help="The rate while batches ran in the last 24 hours.",
            value=purged * 1000 / took_ms if took_ms else 0,
        ),
    ]


def _lags(at: datetime) -> list[Sample]:
    stalled = log.stall(at=at)
    lag = (at - stalled.waiting_since).total_seconds() if stalled else 0
    depths = [
        Sample(
            name="custos_queue_depth",
            help="Messages that wait in a queue of the broker; -1 when it is silent.",
            value=_depth(queue),
            labels=(("queue", queue),),
        )
        for queue in QUEUES
    ]
    seal = Sample(
        name="custos_sequencer_lag_seconds",
        help="For how long the oldest entry waits for its seal, once over ten seconds.",
        value=lag,
    )
    return [seal, *depths]


def _depth(queue: str) -> int:
    try:
        with redis.Redis.from_url(
            settings.CELERY_BROKER_URL, socket_timeout=1, socket_connect_timeout=1
        ) as broker:
            return int(broker.llen(queue))
    except (redis.RedisError, OSError, ValueError):
        return -1
