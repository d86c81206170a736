"""Names the vault's Django app."""

from django.apps import AppConfig


class VaultConfig(AppConfig):
    """Tables of this app live in the database `vault`, alone."""

    name = "kit.vault"
    label = "vault"
    default_auto_field = "django.db.models.BigAutoField"
