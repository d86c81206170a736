"""Reads every environment variable of Custos once, typed, with its meaning.

Beside a running `make run` the launcher leaves `$CUSTOS_HOME/env`; its lines are
defaults for variables that are not set, so management commands need no arguments.
"""

import secrets
from pathlib import Path

import environ

BASE_DIR = Path(__file__).resolve().parent.parent

_env = environ.Env()
HOME = Path(_env.str("CUSTOS_HOME", default=str(BASE_DIR / ".custos"))).resolve()
environ.Env.read_env(HOME / "env", overwrite=False)

# Where people reach the portal; SAML entity IDs and ACS URLs derive from it.
BASE_URL = _env.str("CUSTOS_BASE_URL", default="http://127.0.0.1:8000").rstrip("/")
# Demo mode: seeded people, bundled identity provider, the tamper button.
DEMO = _env.bool("CUSTOS_DEMO", default=False)
# Django's debug pages; never in production.
DEBUG = _env.bool("CUSTOS_DEBUG", default=False)
# Extra host names, comma separated, beside the one of CUSTOS_BASE_URL.
ALLOWED_HOSTS = _env.list("CUSTOS_ALLOWED_HOSTS", default=[])
# Proxies in front, as networks (192.0.2.7, 10.0.0.0/24): only from them does
# X-Forwarded-For tell where a visitor comes from.
TRUSTED_PROXIES = _env.list("CUSTOS_TRUSTED_PROXIES", default=[])
# Multiplies all rate limits of strangers: raise it where thousands sign in at the same
# time from one address.
LIMITS_SCALE = _env.float("CUSTOS_LIMITS_SCALE", default=1.0)
# The process serves web requests: database connections come from a pool.
WEB = _env.bool("CUSTOS_WEB", default=False)
# Requests that a web process works on at once, each with a connection of its pool.
REQUEST_THREADS = 8
# The longest body of a request that is accepted.
LARGEST_REQUEST_BYTES = 2_621_440

# The app role's URL of the content database (row-level security applies to it).
DATABASE_URL = _env.str(
    "DATABASE_URL", default="postgres://custos_app@127.0.0.1/custos"
)
# Owner of the tables: migrations only.
OWNER_DATABASE_URL = _env.str("OWNER_DATABASE_URL", default=DATABASE_URL)
# The role that purges, and the role that seals the audit log.
SWEEPER_DATABASE_URL = _env.str("SWEEPER_DATABASE_URL", default=DATABASE_URL)
SEQUENCER_DATABASE_URL = _env.str("SEQUENCER_DATABASE_URL", default=DATABASE_URL)
# The vault: data keys, always a database of its own.
VAULT_DATABASE_URL = _env.str(
    "VAULT_DATABASE_URL", default="postgres://custos_vault@127.0.0.1/custos_vault"
)
# Prefix of the PostgreSQL roles named in row-level security policies.
ROLE_PREFIX = _env.str("CUSTOS_ROLE_PREFIX", default="custos")
# Broker and cache; losing it makes work late, never lost.
REDIS_URL = _env.str("REDIS_URL", default="redis://127.0.0.1:6379/0")

# Files outside the database, mode 0600.
SECRET_KEY_FILE = Path(
    _env.str("CUSTOS_SECRET_KEY_FILE", default=str(HOME / "keys/django-secret"))
)
INSTALLATION_KEY_FILE = Path(
    _env.str("CUSTOS_INSTALLATION_KEY_FILE", default=str(HOME / "keys/installation"))
)
LOG_KEY_FILE = Path(_env.str("CUSTOS_LOG_KEY_FILE", default=str(HOME / "keys/log")))
# Where signed checkpoints are kept, outside the database.
CHECKPOINT_DIR = Path(
    _env.str("CUSTOS_CHECKPOINT_DIR", default=str(HOME / "checkpoints"))
)

# Blobs: a local folder, or s3://bucket/prefix.
BLOB_URL = _env.str("CUSTOS_BLOB_URL", default=(HOME / "blobs").as_uri())
# Mail: smtp://user:password@host:port, or a folder that holds unsent messages.
EMAIL_URL = _env.str("CUSTOS_EMAIL_URL", default="")
MAIL_FROM = _env.str("CUSTOS_MAIL_FROM", default="custos@localhost")
OUTBOX_DIR = Path(_env.str("CUSTOS_OUTBOX_DIR", default=str(HOME / "outbox")))
# Lets outbound requests reach private addresses (operators only); connected apps and
# MCP servers may then be without TLS.
OUTBOUND_ALLOW_PRIVATE = _env.bool("CUSTOS_OUTBOUND_ALLOW_PRIVATE", default=False)
# A C2SP witness that cosigns the heads of the installation's log: the prefix of its
# addresses for submission, and its verifier key (type 0x04). Both or neither.
WITNESS_URL = _env.str("CUSTOS_WITNESS_URL", default="").rstrip("/")
WITNESS_VKEY = _env.str("CUSTOS_WITNESS_VKEY", default="").strip()
# An RFC 3161 authority that timestamps those heads, and a PEM file of the certificates
# that are trusted as roots of its own. Both or neither.
TIMESTAMP_URL = _env.str("CUSTOS_TIMESTAMP_URL", default="").strip()
TIMESTAMP_CA_FILE = _env.str("CUSTOS_TIMESTAMP_CA_FILE", default="").strip()
# How long a released hold goes on protecting what it covered; none in the demo.
RELEASE_GRACE_DAYS = _env.int("CUSTOS_RELEASE_GRACE_DAYS", default=0 if DEMO else 7)
# How long a workspace that is to be closed waits before it is emptied.
CLOSING_GRACE_DAYS = _env.int("CUSTOS_CLOSING_GRACE_DAYS", default=14)
# Who presents it as a bearer token reads /metrics with the names of workspaces; without
# one, only programs on this machine read it, and without names.
METRICS_TOKEN = _env.str("CUSTOS_METRICS_TOKEN", default="")
# How long the vault's backups and write-ahead log are kept; receipts say so. With the
# longest undo window it must stay below thirty days.
VAULT_BACKUP_DAYS = _env.int("CUSTOS_VAULT_BACKUP_DAYS", default=2)
# Fixes the clock for demonstrations: an ISO time; empty means the real clock.
NOW = _env.str("CUSTOS_NOW", default="")
# Port of the bundled demo identity provider (demo mode only).
DEMO_IDP_URL = _env.str("CUSTOS_DEMO_IDP_URL", default="http://127.0.0.1:8001")


def secret_key() -> str:
    """Django's signing key from its file; audit and sealing never use it."""
    try:
        return SECRET_KEY_FILE.read_text().strip()
    except FileNotFoundError:
        # Commands that need no servers (check, makemigrations) still run; nothing
        # signed with it outlives the process.
        return secrets.token_urlsafe(48)
