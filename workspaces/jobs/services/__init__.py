"""The verbs of jobs: ask for one, cancel it, and run what is due."""

from workspaces.jobs.services.asking import JobIsOver, cancel, enqueue
from workspaces.jobs.services.leasing import JobWasCanceled, LeaseIsLost
from workspaces.jobs.services.work import run_due

__all__ = [
    "JobIsOver",
    "JobWasCanceled",
    "LeaseIsLost",
    "cancel",
    "enqueue",
    "run_due",
]
