"""The Django app of policies, holds, deletions, sweeps and receipts."""

from importlib import import_module

from django.apps import AppConfig

from kit import coverage


class RetentionConfig(AppConfig):
    """Registers the start-up checks, and what other apps' pages show of this one."""

    name = "retention"

    def ready(self) -> None:
        """Importing registers the checks with Django's check framework."""
        import retention.checks  # noqa: F401, PLC0415

        # Models cannot be imported before this.
        import_module("retention.canaries.kinds").register()
        import_module("retention.matter_exports.kinds").register()
        for slice_name in (
            "incidents",
            "conversations",
            "deletions",
            "erasure",
            "holds",
            "matter_exports",
            "policies.drafts",
            "promise",
            "restores",
            "sweeps",
        ):
            import_module(f"retention.{slice_name}.adapters").register()
        coverage.register(import_module("retention.holds.locking").before_changing)
