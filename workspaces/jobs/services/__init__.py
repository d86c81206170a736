"""The verbs of jobs: ask for one, cancel it, run what is due, take what is old."""

from workspaces.jobs.services.asking import JobIsOver, cancel, enqueue
from workspaces.jobs.services.expiring import expire
from workspaces.jobs.services.leasing import JobWasCanceled, LeaseIsLost
from workspaces.jobs.services.work import run_due

__all__ = [
    "JobIsOver",
    "JobWasCanceled",
    "LeaseIsLost",
    "cancel",
    "enqueue",
    "expire",
    "run_due",
]
