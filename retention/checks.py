"""Compares the database with what purging and tenant separation rely on.

Run at start-up and by `doctor` (`manage.py check --database default`): a later
migration can silently turn a cascade into NO ACTION, a new table can lack row
security, and a wrong grant opens a second door to deletion.
"""

from collections.abc import Callable, Sequence
from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections

from kit import content_kinds
from retention.sweeps import kinds

# Rows the app role may never delete, besides those of every kind of content.
EVIDENCE = (
    "retention_hold",
    "retention_holdscope",
    "retention_policy",
    "retention_receipt",
    "retention_doom",
)

_CASCADES = """
select con.conrelid::regclass::text, con.confrelid::regclass::text
from pg_constraint con where con.contype = 'f' and con.confdeltype = 'c'
"""
_UNPROTECTED = """
select distinct c.relname from pg_class c
join pg_attribute a on a.attrelid = c.oid
 and a.attname in ('workspace_id', 'organization_id')
where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace
  and not a.attisdropped
  and (not c.relrowsecurity or not exists (
      select from pg_policy p where p.polrelid = c.oid
      and (select oid from pg_roles where rolname = %(app)s) = any(p.polroles)))
order by 1
"""
_POWERS = """
select r.rolsuper, r.rolbypassrls, pg_has_role(r.oid, o.oid, 'member'),
       exists (select from pg_class c where c.relowner = r.oid)
from pg_roles r, pg_roles o where r.rolname = %(app)s and o.rolname = %(owner)s
"""
_DELETES = """
select t from unnest(%(tables)s::text[]) t
where has_table_privilege(%(app)s, t, 'delete')
   or has_table_privilege(%(app)s, t, 'truncate')
"""
# What decides whose a conversation is, how old and by which key, changes for nobody.
_REWRITES = """
select a.attname from pg_attribute a
where a.attrelid = 'workspaces_conversation'::regclass and a.attnum > 0
  and not a.attisdropped
  and a.attname not in ('deleted_at', 'deleted_by', 'staged_by_id', 'project_id')
  and has_column_privilege(%(app)s, a.attrelid, a.attnum, 'update')
order by 1
"""
_TRIGGER = """
select exists (select from pg_trigger where tgname = 'conversation_is_not_held'
               and tgrelid = 'workspaces_conversation'::regclass and tgenabled <> 'D')
"""
# Of other kinds neither, apart from what is written in them and whose they are.
_REWRITES_OF_KINDS = """
select t.name, a.attname from unnest(%(roots)s::text[]) t(name)
join pg_attribute a on a.attrelid = t.name::regclass and a.attname in
    ('id', 'workspace_id', 'public_id', 'key_id', 'key_made_at', 'plan_written',
     'created_at')
where has_column_privilege(%(app)s, a.attrelid, a.attnum, 'update') order by 1, 2
"""
_TRIGGERS_OF_KINDS = """
select t.name, x.suffix from unnest(%(guarded)s::text[]) t(name)
cross join unnest(array['_is_not_held', '_key_is_young']) x(suffix)
where not exists (select from pg_trigger g where g.tgrelid = t.name::regclass
                  and g.tgname = t.name || x.suffix and g.tgenabled <> 'D')
order by 1, 2
"""
_VIEWS = """
select c.relname from pg_class c
where c.relkind = 'v' and c.relnamespace = 'public'::regnamespace
  and not coalesce(c.reloptions @> array['security_invoker=true'], false)
"""


@register(Tags.database)
def database_keeps_its_promises(
    *,
    app_configs: Sequence[AppConfig] | None,  # noqa: ARG001 -- Django's signature
    databases: Sequence[str] | None = None,
    **_: Any,
) -> list[CheckMessage]:
    """Every difference between the content database and its promises."""
    if "default" not in (databases or ()):
        return []
    tests: list[Callable[[], list[str]]] = [
        _lost_cascades,
        _unprotected_tables,
        _powers_of_app,
        _deletable_content,
        _missing_trigger,
        _definer_views,
        _rewritable_content,
        _missing_triggers_of_kinds,
    ]
    return [
        Error(sentence, id=f"retention.E{number:03}")
        for number, test in enumerate(tests, start=1)
        for sentence in test()
    ]


def _lost_cascades() -> list[str]:
    found = set(_rows(_CASCADES))
    return [
        f"{child} no longer vanishes with {parent}: the cascade was lost."
        for child, parent in kinds.cascades().items()
        if (child, parent) not in found
    ]


def _unprotected_tables() -> list[str]:
    return [
        f"{table} belongs to a tenant but has no row-level security for the app role."
        for (table,) in _rows(_UNPROTECTED)
    ]


def _powers_of_app() -> list[str]:
    names = (
        "is a superuser",
        "bypasses row security",
        "is a member of the owner role",
        "owns tables",
    )
    rows = _rows(_POWERS)
    if not rows:
        return ["The roles of settings.DATABASE_ROLES do not exist."]
    return [
        f"The app role {name}."
        for name, has_it in zip(names, rows[0], strict=True)
        if has_it
    ]


def _deletable_content() -> list[str]:
    return [
        f"The app role has the right to remove rows of {table}."
        for (table,) in _rows(_DELETES)
    ]


def _missing_trigger() -> list[str]:
    if _rows(_TRIGGER)[0][0]:
        return []
    return ["The trigger that refuses to delete held conversations is missing."]


def _definer_views() -> list[str]:
    return [
        f"The view {view} is not security_invoker and shows all tenants."
        for (view,) in _rows(_VIEWS)
    ]


def _rewritable_content() -> list[str]:
    return [
        f"The app role has the right to change {column} of stored conversations."
        for (column,) in _rows(_REWRITES)
    ] + [
        f"The app role has the right to change {column} of {table}."
        for table, column in _rows(_REWRITES_OF_KINDS)
    ]


def _missing_triggers_of_kinds() -> list[str]:
    return [
        f"The trigger {table}{suffix} is missing."
        for table, suffix in _rows(_TRIGGERS_OF_KINDS)
    ]


def _rows(sql: str) -> list[tuple[Any, ...]]:
    roles = settings.DATABASE_ROLES
    roots = [storage.table for _kind, storage in content_kinds.swept()]
    with connections["default"].cursor() as cursor:
        cursor.execute(
            sql,
            {
                "app": roles["app"],
                "owner": roles["owner"],
                "tables": [*EVIDENCE, *_stored_content()],
                "roots": roots,
                "guarded": roots,
            },
        )
        return list(cursor.fetchall())


def _stored_content() -> list[str]:
    """The table of every kind of content."""
    models = (apps.get_model(kind.model) for kind in content_kinds.registered())
    return [model._meta.db_table for model in models]
