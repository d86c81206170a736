"""Keeps the vault's tables in the vault database and all others out of it."""

from typing import Any

from django.db.models import Model

VAULT = "vault"


class VaultRouter:
    """Routes the app `vault` to the database `vault`, and nothing else there."""

    def db_for_read(self, model: type[Model], **_: Any) -> str | None:
        return VAULT if model._meta.app_label == VAULT else None

    db_for_write = db_for_read

    def allow_relation(self, one: Model, other: Model, **_: Any) -> bool:
        return (one._meta.app_label == VAULT) == (other._meta.app_label == VAULT)

    def allow_migrate(self, db: str, app_label: str, **_: Any) -> bool:
        return (db == VAULT) == (app_label == VAULT)
