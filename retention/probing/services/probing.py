"""Probes every place for what each closed sweep purged; what is found is an incident.

A sweep of which something was found stays unprobed: it is asked again each minute until
nothing is left, and only then the incident is over.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime

from kit import scoping
from kit.actor import Actor
from retention.incidents import selectors as of_incidents
from retention.incidents import services as incidents
from retention.incidents.models import IncidentKind
from retention.probing.stores import Purged, stores
from retention.sweeps.models import Doom, DoomKind
from retention.sweeps.storage import ALIAS, changed, rows
from workspaces.tenancy.selectors import WorkspaceRef

PROBER = Actor.system("prober")
PAGE = 2_000
_SWEEPS_AT_ONCE = 50

_UNPROBED = """
select id, workspace_id from retention_sweep
where state = 'closed' and probed_at is null order by id limit %(limit)s
"""
_PROBED = "update retention_sweep set probed_at = %(at)s where id = any(%(ids)s)"


def probe_closed_sweeps(*, at: datetime) -> int:
    """Looks for leftovers of the sweeps that closed; returns how many were clean."""
    unprobed = rows(_UNPROBED, limit=_SWEEPS_AT_ONCE)
    known = of_incidents.workspaces(ids={row[1] for row in unprobed}, using=ALIAS)
    found: Counter[tuple[int, str]] = Counter()
    clean = []
    for sweep, workspace_id in unprobed:
        left = residue(sweep_id=sweep, workspace=known[workspace_id])
        for store, n in left.items():
            found[workspace_id, store] += n
        clean += [] if left else [sweep]
    incidents.sync(
        actor=PROBER, kind=IncidentKind.RESIDUE, found=found, using=ALIAS, at=at
    )
    changed(_PROBED, ids=clean, at=at)
    return len(clean)


def residue(*, sweep_id: int, workspace: WorkspaceRef) -> Counter[str]:
    """How much of what a sweep purged is left, by the name of the place."""
    left: Counter[str] = Counter()
    with scoping.workspace(
        workspace_id=workspace.id, organization_id=workspace.organization.id
    ):
        for purged in _pages(sweep_id):
            for store in stores():
                left[store.name] += store.look(purged)
    return +left


def _pages(sweep_id: int) -> Iterator[Purged]:
    """What the tombstones of a sweep tell, some thousands at a time."""
    last = 0
    dooms = Doom.objects.filter(sweep_id=sweep_id).order_by("id")
    while page := list(dooms.filter(id__gt=last)[:PAGE]):
        last = page[-1].pk
        yield _purged(page)


def _purged(page: list[Doom]) -> Purged:
    public, internal = defaultdict(set), defaultdict(set)
    for doom in page:
        if doom.content_kind and doom.content_id:
            public[doom.content_kind].add(doom.content_id)
        if doom.content_kind and doom.sort_id:
            internal[doom.content_kind].add(doom.sort_id)
    return Purged(
        public_ids=dict(public),
        internal_ids=dict(internal),
        keys={d.object_id for d in page if d.kind == DoomKind.KEY},
        blobs={d.object_id for d in page if d.kind == DoomKind.BLOB},
    )
