"""The list of members through the whole stack: a large workspace and a small one.

The same pages of both, in turn, so that what disturbs one disturbs the other. Searches
find as many people in either: what is compared is what the others around them cost.
"""

import statistics
import time
from datetime import UTC, datetime
from typing import Any

from bench.ground import Ground

LARGE, SMALL = 200_000, 200
PASSES = 60
_PAGES = {
    "first": {},
    "filtered": {"role": "admin", "seat": "code"},
    "suspended": {"status": "suspended"},
    "searched": {"q": "person-0000"},
    "surname": {"q": "family-0000"},
}
# Pages name their files as they lie in the folder: none were collected here.
_STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
_FILL_USERS = """
insert into workspaces_user (password, public_id, email, name, theme, is_active,
                             is_operator, created_at)
select '', gen_random_uuid(), 'person-' || lpad(n::text, 6, '0') || '@' || %(slug)s
       || '.example', 'Person Family-' || lpad(n::text, 6, '0'), 'auto', true, false,
       now()
  from generate_series(0, %(number)s - 1) n
"""
# Every third hundred has something to filter by, in both: a page of it is full.
_FILL_MEMBERS = """
insert into workspaces_membership (workspace_id, user_id, public_id, email, name, role,
                                   status, seat, source, generation, created_at)
select %(workspace)s, u.id, gen_random_uuid(), u.email, u.name,
       case when row_number() over (order by u.id) <= 80 then 'admin' else 'member' end,
       case when row_number() over (order by u.id) between 81 and 150
            then 'suspended' else 'active' end,
       case when row_number() over (order by u.id) <= 80 then 'code' else 'chat' end,
       'hand', 1, now()
  from workspaces_user u where u.email like 'person-%%@' || %(slug)s || '.example'
"""


def measure(_ground: Ground) -> dict[str, dict[str, Any]]:
    """Milliseconds of each page at 200,000 members against 200."""
    from django.test.utils import override_settings

    with override_settings(STORAGES=_STORAGES):
        return _measured()


def _measured() -> dict[str, dict[str, Any]]:
    large, small = _Reader("members-large", LARGE), _Reader("members-small", SMALL)
    _analyze()
    return {
        f"members_{name}": _compared(large, small, query)
        for name, query in _PAGES.items()
    }


def _compared(
    large: "_Reader", small: "_Reader", query: dict[str, str]
) -> dict[str, Any]:
    taken: dict[str, list[float]] = {"large": [], "small": []}
    for number in range(PASSES + 5):
        for name, reader in (("large", large), ("small", small)):
            began = time.perf_counter()
            reader.read(query)
            if number >= 5:
                taken[name].append(time.perf_counter() - began)
    ours, reference = (statistics.median(taken[name]) for name in ("large", "small"))
    return {
        "ratio": round(ours / reference, 3),
        "ours": round(ours * 1000, 2),
        "reference": round(reference * 1000, 2),
        "unit": f"ms a page, {LARGE:,} members and {SMALL} (goal 1.5 at most)",
    }


def _analyze() -> None:
    from django.db import connections

    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "analyze workspaces_user, workspaces_membership, workspaces_headcount"
        )


class _Reader:
    """The owner of a workspace with that many members, and their browser."""

    def __init__(self, slug: str, number: int) -> None:
        from django.db import connections
        from django.test import Client

        from kit.actor import Actor
        from workspaces.members.models import User
        from workspaces.members.services import founding
        from workspaces.signin.models import Method
        from workspaces.signin.services import sessions

        actor, at = Actor.operator(), datetime.now(tz=UTC)
        owner = f"owner@{slug}.example"
        organization = founding.create_organization(
            actor=actor, slug=slug, name=slug, owner_email=owner, at=at
        )
        workspace = founding.create_workspace(
            actor=actor,
            organization=organization,
            slug=slug,
            name=slug,
            plan="enterprise",
            at=at,
        )
        with connections["owner"].cursor() as cursor:
            named = {"slug": slug, "number": number, "workspace": workspace.id}
            cursor.execute(_FILL_USERS, named)
            cursor.execute(_FILL_MEMBERS, named)
        self._page = f"/w/{slug}/members/"
        self._client = Client(SERVER_NAME="127.0.0.1")
        user = User.objects.get(email=owner)
        self._client.force_login(
            user, backend="django.contrib.auth.backends.ModelBackend"
        )
        session = self._client.session
        sessions.begin(
            session=session,
            organization_id=organization.id,
            user=user,
            method=Method.CODE,
            ip="127.0.0.1",
            user_agent="bench",
            at=at,
        )
        session.save()

    def read(self, query: dict[str, str]) -> None:
        answer = self._client.get(self._page, query)
        if answer.status_code != 200 or "@" not in answer.content.decode():
            raise RuntimeError(f"{self._page}: {answer.status_code}")
