"""The Django app of the verifiable log."""

from importlib import import_module

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """Puts what other pages show of the log where they find it, and checks settings."""

    name = "audit"

    def ready(self) -> None:
        """Models cannot be imported before this."""
        import_module("audit.explorer.adapters").register()
        import_module("audit.streams.adapters").register()
        import_module("audit.streams.services.acknowledging").register(
            import_module("audit.incidents.services.settling").settle_stream
        )
        import_module("audit.timestamps.checks")
        import_module("audit.witnesses.checks")
