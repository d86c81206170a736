"""The Django app of policies, holds, deletions, sweeps and receipts."""

from django.apps import AppConfig


class RetentionConfig(AppConfig):
    """Registers the start-up checks under the app's label."""

    name = "retention"

    def ready(self) -> None:
        """Importing registers them with Django's check framework."""
        import retention.checks  # noqa: F401, PLC0415
