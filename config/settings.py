"""Django's settings, all read through config.env."""

from typing import Any
from urllib.parse import urlsplit

import environ
from csp.constants import NONCE, NONE, SELF
from django.utils.translation import gettext_lazy as _

from config import env

BASE_DIR = env.BASE_DIR
SECRET_KEY = env.secret_key()
DEBUG = env.DEBUG
_base = urlsplit(env.BASE_URL)
CUSTOS_BASE_URL = env.BASE_URL
CUSTOS_HOME = env.HOME
CUSTOS_DEMO = env.DEMO
CUSTOS_NOW = env.NOW
CUSTOS_INSTALLATION_KEY_FILE = env.INSTALLATION_KEY_FILE
CUSTOS_LOG_KEY_FILE = env.LOG_KEY_FILE
CUSTOS_CHECKPOINT_DIR = env.CHECKPOINT_DIR
CUSTOS_BLOB_URL = env.BLOB_URL
CUSTOS_RELEASE_GRACE_DAYS = env.RELEASE_GRACE_DAYS
CUSTOS_CLOSING_GRACE_DAYS = env.CLOSING_GRACE_DAYS
CUSTOS_VAULT_BACKUP_DAYS = env.VAULT_BACKUP_DAYS
CUSTOS_METRICS_TOKEN = env.METRICS_TOKEN
CUSTOS_OUTBOX_DIR = env.OUTBOX_DIR
CUSTOS_OUTBOUND_ALLOW_PRIVATE = env.OUTBOUND_ALLOW_PRIVATE
CUSTOS_WITNESS_URL = env.WITNESS_URL
CUSTOS_WITNESS_VKEY = env.WITNESS_VKEY
CUSTOS_TIMESTAMP_URL = env.TIMESTAMP_URL
CUSTOS_TIMESTAMP_CA_FILE = env.TIMESTAMP_CA_FILE
CUSTOS_DEMO_IDP_URL = env.DEMO_IDP_URL
CUSTOS_REDIS_URL = env.REDIS_URL
CUSTOS_TRUSTED_PROXIES = env.TRUSTED_PROXIES
CUSTOS_LIMITS_SCALE = max(env.LIMITS_SCALE, 0.01)

ALLOWED_HOSTS = [_base.hostname or "127.0.0.1", *env.ALLOWED_HOSTS]
CSRF_TRUSTED_ORIGINS = [env.BASE_URL]

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.saml",
    "allauth.mfa",
    "allauth.usersessions",
    "csp",
    "django_htmx",
    "template_partials",
    "kit",
    "kit.vault",
    "audit",
    "workspaces",
    "retention",
]

MIDDLEWARE = [
    "kit.http.origin.OriginMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "kit.http.charset.CharsetMiddleware",
    "retention.restores.middleware.RestoreGuard",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "workspaces.middleware.TenantMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "workspaces.context.portal",
            ],
        },
    }
]

# One content database, four logins; the vault is another database. See docs/adr.
DATABASE_ROLES = {
    name: f"{env.ROLE_PREFIX}_{name}"
    for name in ("owner", "app", "sweeper", "sequencer")
}


def _database(url: str, *, pooled: bool) -> dict[str, Any]:
    config: dict[str, Any] = dict(environ.Env.db_url_config(url))
    config["CONN_MAX_AGE"] = 0 if pooled else 60
    # A restarted server leaves dead connections behind, in a pool as well.
    config["CONN_HEALTH_CHECKS"] = True
    options = config.setdefault("OPTIONS", {})
    options.setdefault("connect_timeout", 10)
    # Only what asks for it is prepared (kit/statements.py), and then at its first run.
    options.setdefault("prepare_threshold", 0)
    if pooled:
        options["pool"] = {
            "min_size": 1,
            "max_size": env.REQUEST_THREADS,
            "timeout": 10,
        }
    return config


DATABASES = {
    "default": _database(env.DATABASE_URL, pooled=env.WEB),
    "owner": _database(env.OWNER_DATABASE_URL, pooled=False),
    "sweeper": _database(env.SWEEPER_DATABASE_URL, pooled=False),
    "sequencer": _database(env.SEQUENCER_DATABASE_URL, pooled=False),
    "vault": _database(env.VAULT_DATABASE_URL, pooled=env.WEB),
}
DATABASE_ROUTERS = ["config.routers.VaultRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "workspaces.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
LOGIN_URL = "/"
LOGIN_REDIRECT_URL = "/"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 14},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# Sign-in is ours; allauth never connects accounts by e-mail (reference: takeover).
ACCOUNT_ADAPTER = "workspaces.signin.adapters.AccountAdapter"
MFA_ADAPTER = "workspaces.signin.adapters.MfaAdapter"
SOCIALACCOUNT_ADAPTER = "workspaces.signin.adapters.ConnectionAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = False
SOCIALACCOUNT_AUTO_SIGNUP = True
SOCIALACCOUNT_STORE_TOKENS = False

SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "kit.http.pages.csrf_refused"
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
_https = _base.scheme == "https"
SESSION_COOKIE_SECURE = _https
CSRF_COOKIE_SECURE = _https
SECURE_SSL_REDIRECT = False  # the proxy in front ends TLS; it redirects
SILENCED_SYSTEM_CHECKS = ["security.W008"]  # asks for the redirect here
SECURE_HSTS_SECONDS = 31_536_000 if _https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = _https
SECURE_HSTS_PRELOAD = _https
DATA_UPLOAD_MAX_MEMORY_SIZE = env.LARGEST_REQUEST_BYTES

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": env.REDIS_URL,
    }
}

CELERY_BROKER_URL = env.REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_DEFAULT_QUEUE = "due"
# Its own worker: whatever waits for a seal must not keep the seal waiting.
CELERY_TASK_ROUTES = {
    "audit.tasks.seal": {"queue": "sequencer"},
    # It signs: the key of the log is where the sequencer is, and nowhere else.
    "audit.tasks.prune_logs": {"queue": "sequencer"},
    "audit.tasks.work_exports": {"queue": "slow"},
    "audit.tasks.verify_due": {"queue": "slow"},
    # A receiver that answers slowly keeps nothing waiting but other receivers.
    "audit.tasks.stream_due": {"queue": "streams"},
    "audit.tasks.stream_one": {"queue": "streams"},
    "audit.tasks.call_about_incidents": {"queue": "streams"},
    "audit.tasks.ask_witness": {"queue": "streams"},
    "audit.tasks.ask_timestamp": {"queue": "streams"},
}
CELERY_TASK_TIME_LIMIT = 300
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = "UTC"
# Ticks are doorbells: a lost one only makes work late. `expires` stops a pile-up.
CELERY_BEAT_SCHEDULE = {
    "seal": {
        "task": "audit.tasks.seal",
        "schedule": 1.0,
        "options": {"queue": "sequencer", "expires": 1.0},
    },
    "anchors": {
        "task": "audit.tasks.anchor",
        "schedule": 60.0,
        "options": {"queue": "due", "expires": 60.0},
    },
    "witness": {
        "task": "audit.tasks.ask_witness",
        "schedule": 60.0,
        "options": {"queue": "streams", "expires": 60.0},
    },
    "timestamp": {
        "task": "audit.tasks.ask_timestamp",
        "schedule": 60.0,
        "options": {"queue": "streams", "expires": 60.0},
    },
    "log-erasures": {
        "task": "audit.tasks.erase_from_logs",
        "schedule": 60.0,
        "options": {"queue": "due", "expires": 60.0},
    },
    "log-expiry": {
        "task": "audit.tasks.expire_details",
        "schedule": 60.0,
        "options": {"queue": "due", "expires": 60.0},
    },
    "log-pruning": {
        "task": "audit.tasks.prune_logs",
        "schedule": 60.0,
        "options": {"queue": "sequencer", "expires": 60.0},
    },
    # A long export has no place before what people wait for.
    "audit-exports": {
        "task": "audit.tasks.work_exports",
        "schedule": 60.0,
        "options": {"queue": "slow", "expires": 60.0},
    },
    "verifications": {
        "task": "audit.tasks.verify_due",
        "schedule": 60.0,
        "options": {"queue": "slow", "expires": 60.0},
    },
    "incidents": {
        "task": "audit.tasks.detect_incidents",
        "schedule": 60.0,
        "options": {"queue": "due", "expires": 60.0},
    },
    "denials": {
        "task": "audit.tasks.gather_denials",
        "schedule": 20.0,
        "options": {"queue": "due", "expires": 20.0},
    },
    "pages": {
        "task": "audit.tasks.page_incidents",
        "schedule": 30.0,
        "options": {"queue": "due", "expires": 30.0},
    },
    "page-calls": {
        "task": "audit.tasks.call_about_incidents",
        "schedule": 30.0,
        "options": {"queue": "streams", "expires": 30.0},
    },
    "streams": {
        "task": "audit.tasks.stream_due",
        "schedule": 5.0,
        "options": {"queue": "streams", "expires": 5.0},
    },
    "jobs": {
        "task": "workspaces.tasks.run_jobs",
        "schedule": 60.0,
        "options": {"queue": "due", "expires": 60.0},
    },
    "notices": {
        "task": "workspaces.tasks.send_notices",
        "schedule": 60.0,
        "options": {"queue": "due", "expires": 60.0},
    },
    "invitations": {
        "task": "workspaces.tasks.mail_invitations",
        "schedule": 60.0,
        "options": {"queue": "due", "expires": 60.0},
    },
    "departure-calls": {
        "task": "workspaces.tasks.make_departure_calls",
        "schedule": 60.0,
        "options": {"queue": "due", "expires": 60.0},
    },
    "connector-grants": {
        "task": "workspaces.tasks.revoke_connector_grants",
        "schedule": 60.0,
        "options": {"queue": "due", "expires": 60.0},
    },
    "connector-rights": {
        "task": "workspaces.tasks.review_connector_grants",
        "schedule": 60.0,
        "options": {"queue": "due", "expires": 60.0},
    },
    "due-policies": {
        "task": "retention.tasks.force_policies",
        "schedule": 60.0,
        "options": {"queue": "due", "expires": 60.0},
    },
    "purge-lists": {
        "task": "retention.tasks.settle_purge_lists",
        "schedule": 60.0,
        "options": {"queue": "due", "expires": 60.0},
    },
    "promise": {
        "task": "retention.tasks.watch_promise",
        "schedule": 300.0,
        "options": {"queue": "due", "expires": 300.0},
    },
    "due-work": {
        "task": "retention.tasks.work_due",
        "schedule": 60.0,
        "options": {"queue": "due", "expires": 60.0},
    },
    "examine-sweeps": {
        "task": "retention.tasks.examine_sweeps",
        "schedule": 60.0,
        "options": {"queue": "due", "expires": 60.0},
    },
    # What may take minutes has no place before what people wait for.
    "vacuum": {
        "task": "retention.tasks.vacuum_after_large_runs",
        "schedule": 60.0,
        "options": {"queue": "slow", "expires": 60.0},
    },
    "probe-sweeps": {
        "task": "retention.tasks.probe_closed_sweeps",
        "schedule": 60.0,
        "options": {"queue": "slow", "expires": 60.0},
    },
    "stray-blobs": {
        "task": "retention.tasks.doom_strays",
        "schedule": 60.0,
        "options": {"queue": "slow", "expires": 60.0},
    },
    "canaries": {
        "task": "retention.tasks.tend_canaries",
        "schedule": 600.0,
        "options": {"queue": "due", "expires": 600.0},
    },
    "erasures": {
        "task": "retention.tasks.work_erasures",
        "schedule": 60.0,
        "options": {"queue": "due", "expires": 60.0},
    },
    "closings": {
        "task": "retention.tasks.work_closings",
        "schedule": 60.0,
        "options": {"queue": "due", "expires": 60.0},
    },
    "custodians": {
        "task": "retention.tasks.remind_custodians",
        "schedule": 60.0,
        "options": {"queue": "due", "expires": 60.0},
    },
    "abandoned-exports": {
        "task": "retention.tasks.end_abandoned_exports",
        "schedule": 60.0,
        "options": {"queue": "due", "expires": 60.0},
    },
    # What an older Custos stored, once after an upgrade.
    "keys-of-files": {
        "task": "workspaces.tasks.give_files_keys",
        "schedule": 60.0,
        "options": {"queue": "slow", "expires": 60.0},
    },
    "mailed-secrets": {
        "task": "workspaces.tasks.mail_secrets",
        "schedule": 60.0,
        "options": {"queue": "due", "expires": 60.0},
    },
    # A browser that only begins to sign in has a session for ten minutes.
    "clear-expired": {
        "task": "workspaces.tasks.clear_expired",
        "schedule": 600.0,
        "options": {"queue": "due", "expires": 600.0},
    },
    "metadata": {
        "task": "workspaces.tasks.read_metadata",
        "schedule": 60.0,
        "options": {"queue": "due", "expires": 60.0},
    },
    # Each warning is given once, whenever this runs.
    "certificates": {
        "task": "workspaces.tasks.warn_of_expiries",
        "schedule": 3600.0,
        "options": {"queue": "due", "expires": 3600.0},
    },
}

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = env.HOME / "static"
STATICFILES_DIRS = [BASE_DIR / "config" / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True  # nothing asks for the others by name

_mail = environ.Env.email_url_config(env.EMAIL_URL) if env.EMAIL_URL else {}
EMAIL_BACKEND = _mail.get("EMAIL_BACKEND", "kit.mail.FileOutbox")
EMAIL_HOST = _mail.get("EMAIL_HOST", "")
EMAIL_PORT = _mail.get("EMAIL_PORT", 25)
EMAIL_HOST_USER = _mail.get("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = _mail.get("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = _mail.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = _mail.get("EMAIL_USE_SSL", False)
# A mail server that is silent must not keep a worker, or a page, for minutes.
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.MAIL_FROM

# Errors without bodies, headers or values: logs hold no content and no secret.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "kit.log_lines.LineFormatter",
            "format": "{levelname} {name} {message}",
            "style": "{",
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "django.db.backends": {"level": "WARNING"},
        "django.request": {"level": "ERROR"},
        "celery.app.trace": {"level": "WARNING"},
    },
}
