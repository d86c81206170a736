"""The Django app of people, sign-in, sharing, content and intake."""

from importlib import import_module

# Before the rest: as it loads, its classes look for their source in every module there
# is, which took each process two seconds more once ours were loaded.
import scim2_server.handler  # noqa: F401
from django.apps import AppConfig


class WorkspacesConfig(AppConfig):
    """Registers the app under its label, and what it shows on pages of others."""

    name = "workspaces"

    def ready(self) -> None:
        # Models cannot be imported before this.
        import_module("workspaces.tenancy.adapters").register()
        import_module("workspaces.members.adapters").register()
        import_module("workspaces.notices.adapters").register()
        import_module("workspaces.groups.adapters").register()
        import_module("workspaces.access.adapters").register()
        import_module("workspaces.content.kinds").register()
        import_module("workspaces.projects.kinds").register()
        import_module("workspaces.projects.adapters").register()
        import_module("workspaces.invitations.adapters").register()
        import_module("workspaces.joining.adapters").register()
        import_module("workspaces.gpts.kinds").register()
        import_module("workspaces.gpts.adapters").register()
        import_module("workspaces.keys.adapters").register()
        import_module("workspaces.decisions.adapters").register()
        import_module("workspaces.audit_reading.adapters").register()
        import_module("workspaces.connectors.adapters").register()
        import_module("workspaces.offboarding.adapters").register()
        import_module("workspaces.bulk.adapters").register()
        import_module("workspaces.scim.adapters").register()
        import_module("workspaces.signin.checks")  # registers on import
