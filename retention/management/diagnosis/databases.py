"""Examines both databases: logins, migrations, what keeps tenants and content apart."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.checks import Tags, run_checks
from django.db import connections
from django.db.migrations.executor import MigrationExecutor

from retention.management.diagnosis.findings import Finding, Probe, asked, bad, ok, warn
from retention.policies.rules import LONGEST_UNDO_DAYS
from retention.restores.selectors import standing
from workspaces.tenancy import plans

_LOGINS = {
    "default": "app",
    "owner": "owner",
    "sweeper": "sweeper",
    "sequencer": "sequencer",
}
_WHO = """
select current_user::text, rolsuper or rolbypassrls from pg_roles
 where rolname = current_user
"""
_PLACE = "select system_identifier, current_database() from pg_control_system()"
_START = "Start the server, and compare the URL of the database with config/env.py."


@asked(way_out=_START)
def logins(_at: datetime) -> Finding:
    """Four logins, each its own role, none of them above row-level security."""
    wrong = []
    for alias, role in _LOGINS.items():
        expected = settings.DATABASE_ROLES[role]
        name, is_above = _one(alias, _WHO)
        if name != expected:
            wrong.append(f"{alias} signs in as {name}, not as {expected}")
        elif is_above:
            wrong.append(f"{name} is above row-level security")
    _one("vault", "select 1")
    if not wrong:
        return ok("Four logins of the content database, and the vault's, get in.")
    way_out = "Give each *_DATABASE_URL the role of its name, without SUPERUSER."
    return bad(_sentence(wrong), way_out=way_out)


@asked(way_out=_START)
def migrations(_at: datetime) -> Finding:
    """Tables are those that the code expects."""
    late = [alias for alias in ("default", "vault") if _pending(alias)]
    if not late:
        return ok("Every migration has been applied.")
    return bad(
        f"Migrations wait: {', '.join(late)}.",
        way_out="manage.py migrate --database owner; manage.py migrate"
        " --database vault",
    )


@asked(way_out=_START)
def protections(_at: datetime) -> Finding:
    """Cascades, row-level security, rights, the hold trigger (`retention.checks`)."""
    found = run_checks(tags=[Tags.database], databases=["default"])
    broken = [str(message.msg).rstrip(".") for message in found if message.is_serious()]
    if not broken:
        return ok("Cascades, row-level security, rights and the hold trigger stand.")
    way_out = "Stop sweeping, find what changed the schema, and migrate it back."
    return bad(_sentence(broken), way_out=way_out)


@asked(way_out=_START)
def separation(_at: datetime) -> Finding:
    """Keys are not where the content is."""
    content, vault = _one("default", _PLACE), _one("vault", _PLACE)
    if content == vault:
        way_out = "Give VAULT_DATABASE_URL a database of its own, and restart."
        return bad("The vault is the content database.", way_out=way_out)
    if content[0] == vault[0]:
        return warn(
            "The vault is on the server of the content: one backup holds both.",
            way_out="In production move the vault to a server of its own"
            " (docs/operations.md).",
        )
    return ok("The vault is on a server of its own.")


@asked(way_out=_START)
def durability(_at: datetime) -> Finding:
    """What is said to be committed survives a crash."""
    off = [
        f"{setting} is off ({alias})"
        for alias, setting in (
            *(("vault", "synchronous_commit"), ("vault", "fsync")),
            *(("default", "fsync"), ("sequencer", "synchronous_commit")),
        )
        if _one(alias, f"show {setting}")[0] == "off"
    ]
    if not off:
        return ok("Commits of keys and seals are synchronous.")
    way_out = "Turn it on in postgresql.conf: a crash could lose keys before content."
    return bad(_sentence(off), way_out=way_out)


@asked(way_out=_START)
def prepared_transactions(_at: datetime) -> Finding:
    """Nothing can hold the seal back without a process that one could end."""
    most = int(_one("default", "show max_prepared_transactions")[0])
    if most == 0:
        return ok("Prepared transactions are off.")
    return warn(
        f"max_prepared_transactions is {most}: a forgotten one stops the audit log.",
        way_out="Set it to 0; Custos prepares none.",
    )


@asked(way_out=_START)
def restores(_at: datetime) -> Finding:
    """Neither database is older than what the other knows to be destroyed."""
    says = standing().says
    if not says:
        return ok("Neither database was restored from before a purge.")
    return bad(says, way_out="docs/operations.md, After a restore.")


def vault_backups(_at: datetime) -> Finding:
    """A destroyed key also leaves the backups within the thirty days."""
    limit = min(promises.purge_limit_days for promises in plans.PROMISES.values())
    longest = limit - settings.CUSTOS_VAULT_BACKUP_DAYS
    if longest >= LONGEST_UNDO_DAYS:
        return ok(
            f"Backups of the vault end after {settings.CUSTOS_VAULT_BACKUP_DAYS} days."
        )
    return warn(
        f"Backups of the vault live {settings.CUSTOS_VAULT_BACKUP_DAYS} days: with an"
        f" undo window over {longest} days deleted content could be opened after day"
        f" {limit}.",
        way_out="Shorten them, and CUSTOS_VAULT_BACKUP_DAYS with them.",
    )


def _pending(alias: str) -> bool:
    executor = MigrationExecutor(connections[alias])
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _one(alias: str, sql: str) -> tuple[Any, ...]:
    with connections[alias].cursor() as cursor:
        cursor.execute(sql)
        row: tuple[Any, ...] = cursor.fetchone()
    return row


def _sentence(facts: list[str]) -> str:
    return "; ".join(facts) + "."


PROBES: dict[str, Probe] = {
    "logins": logins,
    "migrations": migrations,
    "protections": protections,
    "restores": restores,
    "vault separation": separation,
    "vault backups": vault_backups,
    "durability": durability,
    "prepared transactions": prepared_transactions,
}
