"""Readies the databases, static files and demo of a site, in one Django process.

Run as a module by the launcher; prints the lines of its stages.
"""

import hashlib
import os
import sys

import django
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.management import call_command

from config.demo_idp import identity
from config.launcher import migrating
from config.launcher.home import Home, write_private
from config.launcher.progress import stage

_UNUSED = ["django_htmx"]  # its copies of htmx; ours is vendored


def main() -> None:
    """Migrates both databases, checks them, collects static files, seeds the demo."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    home = Home.at(settings.CUSTOS_HOME)
    with stage("Migrations"):
        migrate()
        home.memory.keep("migrated", "yes")
    with stage("Checks"):
        check()
        replay()
    with stage("Static files") as line:
        line.detail = "collected" if collect() else "unchanged"
    if settings.CUSTOS_DEMO:
        _seed_once(home)


def migrate() -> None:
    """Migrate the content database as its owner, and the vault."""
    with migrating.without_rendering_options():
        for alias in ("owner", "vault"):
            call_command("migrate", database=alias, verbosity=0, interactive=False)


def check() -> None:
    """Refuse to start on lost cascades, wrong rights or lax sign-in libraries."""
    call_command("check", databases=["default"], deploy=True, stdout=sys.stderr)


def replay() -> None:
    """Where a database was restored, take away again what was purged before."""
    call_command("replay_tombstones", if_restored=True, stdout=sys.stderr)


def _seed_once(home: Home) -> None:
    """Seed a demo, again where an address changed: its SAML metadata names them."""
    content = settings.DATABASES["default"]
    wanted = [
        settings.CUSTOS_BASE_URL,
        settings.CUSTOS_DEMO_IDP_URL,
        f"{content['HOST']}:{content['PORT']}/{content['NAME']}",
    ]
    if home.memory.recall("seeded") == wanted:
        return
    with stage("Demo") as line:
        identity.prepared(home=home.path, base_url=settings.CUSTOS_DEMO_IDP_URL)
        call_command("seed_demo", verbosity=0, stdout=sys.stderr)  # the log
        line.detail = "seeded"
    home.memory.keep("seeded", wanted)


def collect() -> bool:
    """Collect and compress, unless no source changed since the last time."""
    stamp = settings.CUSTOS_HOME / "static.sources"
    digest = _digest_of_sources()
    if stamp.exists() and stamp.read_text() == digest and settings.STATIC_ROOT.exists():
        return False
    call_command(
        "collectstatic",
        verbosity=0,
        interactive=False,
        clear=True,
        ignore_patterns=_UNUSED,
    )
    write_private(stamp, digest)
    return True


def _digest_of_sources() -> str:
    found = hashlib.sha256()
    for finder in finders.get_finders():
        for path, storage in finder.list(_UNUSED):
            changed = storage.get_modified_time(path).isoformat()
            found.update(f"{path} {storage.size(path)} {changed}\n".encode())
    return found.hexdigest()


if __name__ == "__main__":
    main()
