"""Decisions through the whole stack, in a large workspace and in a small one.

Both stand in one database and are asked in turn, so that what else the machine does
falls on both. Everything goes through the front, the key and the evaluator, as a front
end's requests do; only the network is missing. The bare view is the one that tells a
key what it is: it lets the same key in, and asks nothing.
"""

import contextlib
import json
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

from bench.ground import Ground

LARGE_MEMBERS, LARGE_GROUPS = 200_000, 10_000
SMALL_MEMBERS, SMALL_GROUPS = 200, 10
GROUPS_OF_A_MEMBER = 4
ROLES = 20
GPTS, CONNECTORS = 500, 50
PASSES = 400
BATCHES = 40
BATCH = 100
_DOMAIN = "decided.example"
_FEATURES = ("web_search.use", "gpts.create", "memory.use", "code_execution.use")


def measure(found: Ground) -> dict[str, dict[str, Any]]:
    """What a decision and a batch cost in both, and the rate beside a bare view."""
    with _cache(found.folder):
        large = _Workspace("large", LARGE_MEMBERS, LARGE_GROUPS)
        small = _Workspace("small", SMALL_MEMBERS, SMALL_GROUPS)
        _analyze()
        for one in (large, small):
            one.ask(), one.ask_batch(), one.look()
        times = _in_turn(
            PASSES, large=large.ask, small=small.ask, bare=large.look
        ) | _in_turn(BATCHES, large_batch=large.ask_batch, small_batch=small.ask_batch)
    middle = {name: statistics.median(taken) for name, taken in times.items()}
    rate, bare = 1 / middle["large"], 1 / middle["bare"]
    return {
        "decision_large_vs_small": _ratio(middle["large"], middle["small"], "decision"),
        "decisions_batch_large_vs_small": _ratio(
            middle["large_batch"], middle["small_batch"], f"batch of {BATCH}"
        ),
        "decisions_vs_bare_view": {
            "ratio": round(rate / bare, 3),
            "ours": round(rate),
            "reference": round(bare),
            "unit": "requests/s (goal 0.5 at least); in batches "
            f"{BATCH / middle['large_batch']:,.0f} decisions/s",
        },
    }


def _ratio(ours: float, reference: float, what: str) -> dict[str, Any]:
    return {
        "ratio": round(ours / reference, 3),
        "ours": round(ours * 1000, 2),
        "reference": round(reference * 1000, 2),
        "unit": f"ms a {what}, {LARGE_MEMBERS:,} and {SMALL_MEMBERS} members"
        " (goal 1.5 at most)",
    }


def _in_turn(passes: int, **asked: Callable[[], None]) -> dict[str, list[float]]:
    """Seconds of each pass of each, one after the other."""
    taken: dict[str, list[float]] = {name: [] for name in asked}
    for _pass in range(passes):
        for name, ask in asked.items():
            began = time.perf_counter()
            ask()
            taken[name].append(time.perf_counter() - began)
    return taken


@contextlib.contextmanager
def _cache(folder: Path) -> Iterator[None]:
    """A cache, which counts what a key asks: without one its time would be missing."""
    from django.conf import settings
    from django.core.cache import caches

    from config.launcher import ports, surroundings, valkey
    from tests.harness import servers

    port, password = ports.any_free(), "only-for-measuring"
    url = valkey.url(port=port, password=password)
    with servers.running(
        valkey.command(folder / "valkey", port=port, password=password),
        log=folder / "valkey.log",
        environment=surroundings.of_servers(),
        is_ready=lambda: valkey.answers(url),
    ):
        before = settings.CACHES["default"]["LOCATION"], settings.CUSTOS_REDIS_URL
        settings.CACHES["default"]["LOCATION"] = settings.CUSTOS_REDIS_URL = url
        _forget(caches)
        try:
            yield
        finally:
            settings.CACHES["default"]["LOCATION"], settings.CUSTOS_REDIS_URL = before
            _forget(caches)


def _forget(caches: Any) -> None:
    """Let the next use read the settings anew."""
    with contextlib.suppress(AttributeError):
        del caches["default"]


@dataclass(frozen=True)
class _Names:
    """What questions name."""

    members: list[str]
    gpts: list[str]
    connectors: list[str]


class _Workspace:
    """One workspace with its front end."""

    def __init__(self, slug: str, members: int, groups: int) -> None:
        self._key = _founded(slug)
        _fill(slug, members=members, groups=groups)
        self._names = _names(slug)
        self._chance = Random(members)
        self._numbers = count()

    def ask(self) -> None:
        """One decision, of each kind in turn."""
        self._post("/access/v1/evaluation", self._question())

    def ask_batch(self) -> None:
        """A hundred decisions about as many members as there are by chance."""
        batch = [self._question() for _number in range(BATCH)]
        self._post("/access/v1/evaluations", {"evaluations": batch})

    def look(self) -> None:
        """The bare view."""
        self._send("get", "/v1/manage/whoami")

    def _question(self) -> dict[str, Any]:
        kind, resource, action = self._resource()
        return {
            "subject": {"type": "user", "id": self._chance.choice(self._names.members)},
            "action": {"name": action},
            "resource": {"type": kind, "id": resource},
        }

    def _resource(self) -> tuple[str, str, str]:
        chance, names = self._chance, self._names
        return (
            ("feature", chance.choice(_FEATURES), "use"),
            ("gpt", chance.choice(names.gpts), chance.choice(["use", "edit", "share"])),
            ("connector", chance.choice(names.connectors), "use"),
            ("connector_action", f"{chance.choice(names.connectors)}/read", "use"),
            ("model", "gpt-5", "use"),
        )[next(self._numbers) % 5]

    def _post(self, url: str, body: dict[str, Any]) -> None:
        self._send("post", url, json.dumps(body).encode())

    def _send(self, method: str, url: str, *body: bytes) -> None:
        from tests import site_requests

        headers = {
            "Authorization": f"Bearer {self._key}",
            "Content-Type": "application/json",
        }
        answer = getattr(site_requests, method)(url, *body, headers=headers)
        if answer.status != 200:
            raise RuntimeError(f"{url}: {answer.status} {answer.text[:200]}")


def _founded(slug: str) -> str:
    """A key of a new workspace."""
    from kit.actor import Actor
    from workspaces.keys.services import api_keys
    from workspaces.members.services import founding

    actor, at = Actor.operator(), datetime.now(tz=UTC)
    organization = founding.create_organization(
        actor=actor,
        slug=f"decided-{slug}",
        name=slug,
        owner_email=f"owner@{slug}.{_DOMAIN}",
        at=at,
    )
    workspace = founding.create_workspace(
        actor=actor,
        organization=organization,
        slug=f"decided-{slug}",
        name=slug,
        plan="team",
        at=at,
    )
    issued = api_keys.issue(
        actor=actor,
        organization=organization,
        workspace=workspace,
        name="bench",
        scopes=["decisions.ask"],
        at=at,
    )
    return issued.secret or ""


def _fill(slug: str, *, members: int, groups: int) -> None:
    """People, groups, roles, GPTs and connectors past the services, as owner."""
    from django.db import connections

    values = {
        "slug": f"decided-{slug}",
        "at": f"@{slug}.{_DOMAIN}",
        "members": members,
        "groups": groups,
        "each": GROUPS_OF_A_MEMBER,
        "roles": ROLES,
        "gpts": GPTS,
        "connectors": CONNECTORS,
    }
    with connections["owner"].cursor() as cursor:
        for statement in _STATEMENTS:
            cursor.execute(statement, values)


def _names(slug: str) -> _Names:
    from django.db import connections

    with connections["owner"].cursor() as cursor:

        def column(sql: str) -> list[str]:
            cursor.execute(sql, {"slug": f"decided-{slug}"})
            return [str(one) for (one,) in cursor.fetchall()]

        where = (
            "workspace_id = (select id from workspaces_workspace where slug = %(slug)s)"
        )
        return _Names(
            members=column(
                "select case when id %% 2 = 0 then email else public_id::text end"
                f" from workspaces_membership where {where}"
                " order by md5(id::text) limit 5000"
            ),
            gpts=column(f"select public_id from workspaces_gpt where {where}"),
            connectors=column(f"select slug from workspaces_connector where {where}"),
        )


def _analyze() -> None:
    from django.db import connections

    with connections["owner"].cursor() as cursor:
        cursor.execute("vacuum analyze")


_W = "(select id from workspaces_workspace where slug = %(slug)s)"
_PLACED = f"""(select id, public_id, row_number() over (order by id) n
    from workspaces_membership where workspace_id = {_W} and role = 'member')"""
_GROUPS, _ROLES, _CONNECTORS, _GPTS = (
    f"""(select id, row_number() over (order by id) - 1 n
    from workspaces_{table} where workspace_id = {_W})"""
    for table in ("group", "customrole", "connector", "gpt")
)
_STATEMENTS = (
    """insert into workspaces_user (public_id, email, name, password, theme, is_active,
        is_operator, created_at)
    select gen_random_uuid(), 'm' || n || %(at)s, '', '!', 'auto', true, false, now()
    from generate_series(1, %(members)s) n""",
    f"""insert into workspaces_membership (workspace_id, user_id, public_id, email,
        name, role, status, seat, source, generation, created_at)
    select {_W}, id, gen_random_uuid(), email, '', 'member', 'active', 'chat',
        'hand', 1, now()
    from workspaces_user where email like 'm%%' || %(at)s""",
    f"""insert into workspaces_group (workspace_id, public_id, name, folded_name,
        source, is_discoverable, created_at)
    select {_W}, gen_random_uuid(), 'Group ' || n, 'group ' || n, 'portal', true, now()
    from generate_series(1, %(groups)s) n""",
    # Without statistics the joins below would be nested loops.
    "analyze workspaces_user, workspaces_membership, workspaces_group",
    f"""insert into workspaces_groupmember (workspace_id, group_id, subject,
        membership_id, display)
    select {_W}, g.id, m.public_id, m.id, ''
    from {_PLACED} m cross join generate_series(0, %(each)s - 1) k
    join {_GROUPS} g on g.n = (m.n * 7 + k * 31) %% %(groups)s""",
    f"""insert into workspaces_customrole (workspace_id, public_id, name, folded_name,
        purpose, created_at)
    select {_W}, gen_random_uuid(), 'Role ' || n, 'role ' || n, '', now()
    from generate_series(1, %(roles)s) n""",
    f"""insert into workspaces_rolesetting (workspace_id, role_id, feature, value)
    select {_W}, r.id, f, case when (r.n + length(f)) %% 3 = 0 then 'off' else 'on' end
    from {_ROLES} r, unnest(array['web_search.use', 'gpts.create', 'gpts.use',
        'gpts.edit', 'code_execution.use', 'connectors.use', 'memory.use']) f
    where (r.n + length(f)) %% 2 = 0""",
    f"""insert into workspaces_roleassignment (workspace_id, role_id, group_id,
        assigned_at)
    select {_W}, r.id, g.id, now() from {_GROUPS} g
    join {_ROLES} r on r.n = g.n / 2 %% %(roles)s where g.n %% 2 = 0""",
    f"""insert into workspaces_roleassignment (workspace_id, role_id, membership_id,
        assigned_at)
    select {_W}, r.id, m.id, now() from {_PLACED} m
    join {_ROLES} r on r.n = m.n %% %(roles)s where m.n %% 10 = 0""",
    f"""insert into workspaces_connector (workspace_id, public_id, slug, kind, name,
        endpoints, scopes, actions, client_id, sealed_secret, client_auth, is_allowed,
        is_restricted, role_ids, group_ids, action_control, chosen_actions,
        known_actions, new_actions, ask, domains, risk, created_at, changed_at)
    select {_W}, gen_random_uuid(), 'app-' || n, 'oauth', 'App ' || n, '{{}}', '{{}}',
        '[{{"name": "read", "access": "read", "is_important": false}}]', 'us', '',
        'client_secret_basic', n %% 5 > 0, n %% 2 = 0, '{{}}',
        case when n %% 2 = 0 then (select array_agg(g.id) from {_GROUPS} g
            where g.n %% 10 < 5 and g.n < 200) else '{{}}' end,
        'read_only', '{{}}', '{{}}', 'disable', '', '{{}}', 'low', now(), now()
    from generate_series(1, %(connectors)s) n""",
    f"""insert into workspaces_gpt (workspace_id, public_id, owner_id, is_unassigned,
        visibility, latest_number, recipient_count, editor_count, file_count,
        byte_count, plan_written, key_id, key_made_at, created_at, updated_at)
    select {_W}, gen_random_uuid(), m.id, false,
        case s.n %% 4 when 0 then 'workspace' when 1 then 'workspace_with_link'
            else 'invite_only' end, 1, 1, 0, 0, 0, 'team', gen_random_uuid(), now(),
        now(), now()
    from generate_series(1, %(gpts)s) s(n) join {_PLACED} m on m.n = s.n %% 199 + 1""",
    f"""insert into workspaces_gptversion (workspace_id, gpt_id, number, author_id,
        summary, config, tools, action_hosts, connectors, file_ids, created_at)
    select {_W}, id, 1, owner_id, '', '', '[]', '["api.apps.example"]', '["app-1"]',
        '[]', now()
    from workspaces_gpt where workspace_id = {_W}""",
    f"""insert into workspaces_gptshare (workspace_id, gpt_id, public_id, group_id,
        can_read, can_view_config, can_write, created_at)
    select {_W}, p.id, gen_random_uuid(), g.id, true, p.n %% 2 = 0, false, now()
    from {_GPTS} p join {_GROUPS} g on g.n = p.n %% %(groups)s""",
    f"""insert into workspaces_connectorgrant (workspace_id, public_id, connector_id,
        membership_id, account_domain, sealed_account, sealed_tokens, scopes, linked_at,
        releases, "end", tries, fence)
    select {_W}, gen_random_uuid(), c.id, m.id, 'x.example', '', '', '{{}}', now(), 0,
        '', 0, 0
    from {_PLACED} m join {_CONNECTORS} c on c.n = m.n %% %(connectors)s""",
)
