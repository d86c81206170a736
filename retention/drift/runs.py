"""Finds the sweeps that ran under the policy of a purge list."""

from datetime import datetime, timedelta

from django.db.models import QuerySet

from retention.policies.drafts.models import DraftState
from retention.policies.listing.models import PurgeList
from retention.sweeps.models import Sweep


def first_sweep_at(purge_list: PurgeList) -> datetime:
    """From when a sweep may take what was listed; a draft may take force late."""
    draft = purge_list.draft
    is_this = draft.revision == purge_list.revision
    if is_this and draft.state == DraftState.IN_FORCE and draft.ended_at is not None:
        late = max(draft.ended_at - purge_list.in_force_at, timedelta(0))
        return purge_list.first_sweep_at + late
    return purge_list.first_sweep_at


def first_sweep(purge_list: PurgeList) -> Sweep | None:
    """The sweep that purged first under the listed policy; None until its end."""
    return sweeps(purge_list).order_by("planned_at").first()


def sweeps(purge_list: PurgeList) -> "QuerySet[Sweep]":
    """Those that purged once what was listed was due, to order by (planned_at)."""
    return Sweep.objects.filter(
        planned_at__gte=first_sweep_at(purge_list), purged_at__isnull=False
    )
