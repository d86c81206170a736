"""The Django app of people, sign-in, sharing, content and intake."""

from django.apps import AppConfig


class WorkspacesConfig(AppConfig):
    """Registers the app under its label."""

    name = "workspaces"
