"""Lists every state between the beginning and the end of deleting, with its limit.

Nothing may stay in one of them for longer than its limit: what repairs it runs each
minute, and what is older anyway is an incident and a finding of `doctor`. A statement
counts, by workspace, what is too old; `before` is the moment of the limit by the clock
of the product, `since` by that of the database, which leases and hearts beat by. The
workspace is null where a thing belongs to the installation; a door of the app names it
by its slug. `{named}` stands for the condition that something still names the doomed
file `d`.
"""

from datetime import timedelta

from kit.limbo import Limbo

_MINUTES = timedelta(minutes=1)
_HOURS = timedelta(hours=1)
# By the runs that are not closed, which have an index: sweeps are kept for good.
_OF_A_SWEEP = """
select s.workspace_id, count(*) from retention_sweeprun r
join retention_sweep s on s.run_id = r.id and s.state not in ('closed', 'stopped')
where r.state <> 'closed' and {} group by s.workspace_id
"""
# A draft that took force late let its first sweep begin as much later.
_UNSETTLED = """
select l.workspace_id, count(*) from retention_purgelist l
join retention_policydraft d on d.id = l.draft_id
where l.listed_at is not null and l.settled_at is null
  and l.first_sweep_at < %(before)s and exists (
    select from retention_sweep s where s.workspace_id = l.workspace_id
       and s.purged_at < %(before)s
       and s.planned_at >= l.first_sweep_at + greatest(interval '0', case
           when d.state = 'in_force' and d.revision = l.revision
           then d.ended_at - l.in_force_at end))
group by l.workspace_id
"""

STATES: tuple[Limbo, ...] = (
    Limbo(
        name="import without a heartbeat",
        limit=30 * _MINUTES,
        repaired_by="work_due marks it failed after ten minutes",
        sql="select workspace_id, count(*) from workspaces_import"
        " where state = 'staging' and heartbeat_at < %(since)s group by workspace_id",
    ),
    Limbo(
        name="rows of a failed import",
        limit=27 * _HOURS,
        repaired_by="the next sweep purges them",
        sql="select i.workspace_id, count(distinct i.id) from workspaces_import i"
        " where i.state = 'failed' and i.ended_at < %(before)s and exists"
        " (select from workspaces_conversation c where c.workspace_id = i.workspace_id"
        " and c.staged_by_id = i.id) group by i.workspace_id",
    ),
    Limbo(
        name="sweep without a worker",
        limit=15 * _MINUTES,
        repaired_by="work_due rings for it; any worker claims a lapsed lease",
        sql=_OF_A_SWEEP.format(
            "coalesce(r.lease_until < %(since)s, r.opened_at < %(before)s)"
        ),
    ),
    Limbo(
        name="sweep without a plan",
        limit=30 * _MINUTES,
        repaired_by="the driver of the run plans it",
        sql=_OF_A_SWEEP.format("s.state = 'opened' and s.opened_at < %(before)s"),
    ),
    Limbo(
        name="plan without a signature",
        limit=15 * _MINUTES,
        repaired_by="the sequencer seals the log",
        sql=_OF_A_SWEEP.format("s.state = 'planned' and s.planned_at < %(before)s"),
    ),
    Limbo(
        name="purge without an end",
        limit=72 * _HOURS,
        repaired_by="turns of the workers; the quiet hours of its schedule",
        sql=_OF_A_SWEEP.format(
            "s.state in ('sealed', 'purging') and s.sealed_at < %(before)s"
        ),
    ),
    Limbo(
        name="keys or files not destroyed",
        limit=1 * _HOURS,
        repaired_by="destroy_doomed repeats each until the vault or store confirms",
        sql=_OF_A_SWEEP.format(
            "s.state = 'destroying' and s.destroyed_at is null"
            " and s.purged_at < %(before)s"
        ),
    ),
    Limbo(
        name="orphans not destroyed",
        limit=1 * _HOURS,
        repaired_by="destroy_doomed repeats each until the vault or store confirms",
        sql="select d.workspace_id, count(*) from retention_doom d"
        " where d.sweep_id is null and d.destroyed_at is null"
        " and d.doomed_at < %(before)s and not (d.kind = 'blob' and {named})"
        " group by d.workspace_id",
    ),
    Limbo(
        name="sweep without a receipt",
        limit=30 * _MINUTES,
        repaired_by="the driver of the run signs it",
        sql=_OF_A_SWEEP.format(
            "s.state = 'destroying' and s.destroyed_at < %(before)s"
        ),
    ),
    Limbo(
        name="closing that nobody goes on with",
        limit=1 * _HOURS,
        repaired_by="work_closings goes on with it each minute",
        sql="select workspace_id, count(*) from retention_closing"
        " where ended_at is null and due_at < %(before)s group by workspace_id",
    ),
    # What it has not hidden yet has no due date: the promise does not see it.
    Limbo(
        name="erasure that nobody goes on with",
        limit=1 * _HOURS,
        repaired_by="work_erasures hides more each minute, and looks again",
        sql="select slug, count(*) from custos_due_erasures(%(before)s, 10000)"
        " group by slug",
        is_of_app=True,
    ),
    Limbo(
        name="draft past the day of its force",
        limit=1 * _HOURS,
        repaired_by="force_policies puts it in force each minute, or sends it back",
        sql="select workspace_id, count(*) from retention_policydraft"
        " where state = 'scheduled' and due_at < %(before)s group by workspace_id",
    ),
    Limbo(
        name="purge list that nobody wrote",
        limit=1 * _HOURS,
        repaired_by="force_policies writes it each minute",
        sql="select workspace_id, count(*) from retention_purgelist"
        " where listed_at is null and settled_at is null"
        " and requested_at < %(before)s group by workspace_id",
    ),
    Limbo(
        name="purge list that nobody settled",
        limit=6 * _HOURS,
        repaired_by="settle_purge_lists compares it each minute with its sweep",
        sql=_UNSETTLED,
    ),
    Limbo(
        name="job or export that nobody began",
        limit=1 * _HOURS,
        repaired_by="run_jobs claims it each minute",
        sql="select workspace_id, count(*) from workspaces_job"
        " where state = 'queued' and created_at < %(before)s group by workspace_id",
    ),
    Limbo(
        name="job or export whose worker is gone",
        limit=15 * _MINUTES,
        repaired_by="run_jobs takes it over when its lease lapses",
        sql="select workspace_id, count(*) from workspaces_job"
        " where state = 'running' and leased_until < %(since)s group by workspace_id",
    ),
)
