"""The Celery application: static ticks; what is due lives in database rows."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("custos")
# For every thread: tasks that a web request rings for find this application too.
app.set_default()
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(
    [
        "audit.anchors",
        "audit.erasure",
        "audit.expiry",
        "audit.exports",
        "audit.incidents",
        "audit.log",
        "audit.streams",
        "audit.timestamps",
        "audit.verification",
        "audit.witnesses",
        "workspaces.connectors",
        "workspaces.content",
        "workspaces.invitations",
        "workspaces.jobs",
        "workspaces.notices",
        "workspaces.offboarding",
        "workspaces.signin",
        "retention.canaries",
        "retention.probing",
        "retention.policies",
        "retention.promise",
        "retention.erasure",
        "retention.hold_notices",
        "retention.matter_exports",
        "retention.sweeps",
    ]
)
