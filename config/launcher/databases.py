"""Brings up the two databases: embedded, or the real ones that the environment names.

`DATABASE_URL` may be a role that can create roles and own tables: then the runtime
roles are created through it. With `OWNER_DATABASE_URL` beside it everything is taken
as given. `VAULT_DATABASE_URL` is always taken as given.
"""

import secrets
from collections.abc import Mapping

import psycopg

from config.launcher import accounts, cluster, ports, postgres, provisioning
from config.launcher import surroundings as around
from config.launcher.cluster import Cluster
from config.launcher.home import Home
from config.launcher.problems import CannotStart
from config.launcher.progress import stage
from config.launcher.provisioning import CONTENT_ROLES, VAULT_ROLE, Logins
from config.launcher.supervision import Part, Supervisor

_VARIABLES = {
    "app": "DATABASE_URL",
    "owner": "OWNER_DATABASE_URL",
    "sweeper": "SWEEPER_DATABASE_URL",
    "sequencer": "SEQUENCER_DATABASE_URL",
    VAULT_ROLE: "VAULT_DATABASE_URL",
}


def bring_up(
    home: Home, supervisor: Supervisor, environment: Mapping[str, str]
) -> dict[str, str]:
    """Start, create and open what is needed; the lines that name the databases."""
    given = {
        name: environment[name]
        for name in _VARIABLES.values()
        if environment.get(name, "")
    }
    if "OWNER_DATABASE_URL" in given and "DATABASE_URL" not in given:
        raise CannotStart("OWNER_DATABASE_URL needs DATABASE_URL beside it.")
    logins = _logins(home, environment)
    lines = {"CUSTOS_ROLE_PREFIX": logins.prefix}
    admin = ""
    if not {"DATABASE_URL", "VAULT_DATABASE_URL"} <= given.keys():
        admin = _start_embedded(home, supervisor, environment)
    if "OWNER_DATABASE_URL" not in given:
        lines |= _content(given.get("DATABASE_URL") or admin, logins, admin=admin)
        given.pop("DATABASE_URL", None)
    if "VAULT_DATABASE_URL" not in given:
        lines |= _vault(admin, logins)
    return lines | given


def _logins(home: Home, environment: Mapping[str, str]) -> Logins:
    passwords = {
        role: str(home.memory.once(f"password:{role}", secrets.token_urlsafe))
        for role in _VARIABLES
    }
    prefix = environment.get("CUSTOS_ROLE_PREFIX") or "custos"
    return Logins(prefix=prefix, passwords=passwords)


def _start_embedded(
    home: Home, supervisor: Supervisor, environment: Mapping[str, str]
) -> str:
    with stage("PostgreSQL") as line:
        found = cluster.of(home, account=accounts.for_postgres(environment))
        if not found.exists:
            cluster.initialize(found)
        before = home.memory.recall("port:postgresql")
        if before:
            postgres.stop_stale(found, port=before)
        port = ports.kept(home.memory, name="postgresql")
        supervisor.start(_part(home, found, port=port))
        version = postgres.version(found, port=port)
        line.detail = f"{version} on {ports.HOST}:{port}"
    return postgres.url(found, port=port)


def _part(home: Home, found: Cluster, *, port: int) -> Part:
    return Part(
        title="PostgreSQL",
        command=postgres.command(found, port=port),
        log=home.logs / "postgresql.log",
        environment=around.of_servers(),
        prepare=lambda: postgres.disown_dead_postmaster(found),
        is_ready=lambda: postgres.answers(found, port=port),
        stop_with=postgres.STOP,
        seconds_to_stop=60.0,
        is_server=True,
    )


def _content(url: str, logins: Logins, *, admin: str) -> dict[str, str]:
    """The lines of the content database, created where it is embedded."""
    with stage("Content database") as line:
        line.detail = f"roles {', '.join(map(logins.name, CONTENT_ROLES))}"
        try:
            provisioning.create_roles(url, roles=CONTENT_ROLES, logins=logins)
            if url == admin:
                url = provisioning.create_database(
                    admin, name=logins.prefix, owner=logins.name("owner")
                )
            provisioning.open_content(url, logins=logins)
        except psycopg.Error as error:
            raise CannotStart(
                "PostgreSQL refused to prepare the content database "
                f"({str(error).strip()}): give DATABASE_URL a role that may create "
                "roles, or set OWNER_, SWEEPER_ and SEQUENCER_DATABASE_URL as well."
            ) from None
        urls = {role: logins.url(role, base=url) for role in CONTENT_ROLES}
        provisioning.demand_logins(urls)
    return {_VARIABLES[role]: address for role, address in urls.items()}


def _vault(admin: str, logins: Logins) -> dict[str, str]:
    """The line of the vault, a database of its own in the embedded cluster."""
    with stage("Vault") as line:
        line.detail = f"role {logins.name(VAULT_ROLE)}"
        provisioning.create_roles(admin, roles=(VAULT_ROLE,), logins=logins)
        url = provisioning.create_database(
            admin, name=f"{logins.prefix}_vault", owner=logins.name(VAULT_ROLE)
        )
        provisioning.open_vault(url, logins=logins)
        own = logins.url(VAULT_ROLE, base=url)
        provisioning.demand_logins({VAULT_ROLE: own})
    return {_VARIABLES[VAULT_ROLE]: own}
