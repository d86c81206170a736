"""A site that audits one model with a package of others; runs among their packages.

`python audit_site.py <package> make` creates its tables; `… <package> <seconds>` warms
up, says "ready", and at a line on its input changes a setting again and again, each
change a transaction of its own, and says how many it did a second. It imports nothing
of ours.
"""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.db import connection, models, transaction

_APPS = {
    "django_auditlog": ("auditlog",),
    "django_simple_history": ("simple_history",),
    "django_easy_audit": ("easyaudit",),
    "django_pghistory": ("pgtrigger", "pghistory"),
}
_LABEL = Path(__file__).stem  # a module alone can be an app
_REASON = "Records schedule RS-14"
# What opens the scope of a tenant in ours, so that only the auditing differs.
_SCOPE = (
    "select set_config('custos.workspace', '', true),"
    " set_config('custos.organization', '1000001', true),"
    " set_config('custos.operator', '', true)"
)
Context = Callable[[Any], AbstractContextManager[Any]]


def _set_up(package: str) -> None:
    at = dict(zip(("HOST", "PORT", "NAME"), os.environ["SITE"].split(), strict=True))
    login = {"USER": os.environ["SITE_USER"], "PASSWORD": os.environ["SITE_PASSWORD"]}
    settings.configure(
        DATABASES={
            "default": {"ENGINE": "django.db.backends.postgresql", **at, **login}
        },
        INSTALLED_APPS=[
            "django.contrib.contenttypes",
            "django.contrib.auth",
            "django.contrib.sessions",
            *_APPS[package],
            _LABEL,
        ],
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        USE_TZ=True,
    )
    django.setup()


def _setting(package: str) -> Any:
    """The audited model, registered as the package's documentation says."""
    body: dict[str, Any] = {
        "__module__": __name__,
        "days": models.IntegerField(default=365),
        "Meta": type("Meta", (), {"app_label": _LABEL, "db_table": "bench_work"}),
    }
    if package == "django_simple_history":
        from simple_history.models import HistoricalRecords

        body["history"] = HistoricalRecords()
    made = type("Setting", (models.Model,), body)
    if package == "django_auditlog":
        from auditlog.registry import auditlog

        auditlog.register(made)
    if package == "django_pghistory":
        import pghistory

        # It puts its own models where an app has its models.
        sys.modules[f"{_LABEL}.models"] = sys.modules[__name__]
        made = pghistory.track()(made)
    return made


def _context_of(package: str, user: Any) -> Context:
    """How the package learns who acts, as its middleware would tell it."""
    if package == "django_auditlog":
        from auditlog.context import set_actor

        return lambda _row: set_actor(user, remote_addr="203.0.113.24")
    if package == "django_simple_history":
        return lambda row: _attributes(row, user)
    if package == "django_easy_audit":
        from easyaudit.middleware.easyaudit import set_current_user

        set_current_user(user)
        return lambda _row: nullcontext()
    import pghistory

    return lambda _row: pghistory.context(user=user.pk, reason=_REASON)


@contextmanager
def _attributes(row: Any, user: Any) -> Iterator[None]:
    row._history_user, row._change_reason = user, _REASON
    yield


def _make() -> None:
    from django.apps import apps
    from django.contrib.auth.models import User
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    with connection.schema_editor() as editor:
        for model in apps.all_models[_LABEL].values():
            editor.create_model(model)
    if apps.is_installed("pgtrigger"):
        import pgtrigger

        pgtrigger.install()
    User.objects.create_user("someone@halden.example")


def _act(row: Any, context: Context, *, seconds: float) -> float:
    done = 0
    began = time.perf_counter()
    while time.perf_counter() - began < seconds:
        with context(row), transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(_SCOPE)
            row.days = 455 - row.days
            row.save()
        done += 1
    return done / (time.perf_counter() - began)


def main(package: str, task: str) -> None:
    """Makes the tables, or measures for so many seconds."""
    _set_up(package)
    setting = _setting(package)
    if task == "make":
        _make()
        return
    from django.contrib.auth.models import User

    context = _context_of(package, User.objects.get())
    row = setting.objects.create()
    _act(row, context, seconds=0.3)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    sys.stdout.write(f"{_act(row, context, seconds=float(task))}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
