"""The Celery application: static ticks; what is due lives in database rows."""

import logging
import os
from typing import Any

from celery import Celery, Task

from kit import readiness

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

logger = logging.getLogger(__name__)


class _Tick(Task):  # type: ignore[misc]
    """A task that a worker leaves undone while a database stands restored.

    Its rows stay due. A worker that a copy was loaded under would otherwise purge what
    is held since: the holds have to be placed again first.
    """

    abstract = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        is_worker = not self.request.called_directly
        if is_worker and (says := readiness.refusal_of_work()):
            logger.error("%s: left undone. %s", self.name, says)
            return None
        return super().__call__(*args, **kwargs)


app = Celery("custos", task_cls=_Tick)
# For every thread: tasks that a web request rings for find this application too.
app.set_default()
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(
    [
        "audit.anchors",
        "audit.denials",
        "audit.erasure",
        "audit.expiry",
        "audit.exports",
        "audit.incidents",
        "audit.log",
        "audit.pruning",
        "audit.streams",
        "audit.timestamps",
        "audit.verification",
        "audit.witnesses",
        "workspaces.connectors",
        "workspaces.content",
        "workspaces.gpts",
        "workspaces.invitations",
        "workspaces.jobs",
        "workspaces.notices",
        "workspaces.offboarding",
        "workspaces.signin",
        "retention.canaries",
        "retention.closing",
        "retention.probing",
        "retention.policies",
        "retention.drift",
        "retention.promise",
        "retention.erasure",
        "retention.hold_notices",
        "retention.matter_exports",
        "retention.sweeps",
    ]
)
