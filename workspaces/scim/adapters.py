"""Tells the groups whether they may make owners, which is switched beside SCIM."""

from workspaces.groups import ownership
from workspaces.scim import selectors


def register() -> None:
    """Called once, when the app is ready."""
    ownership.register(name="scim", may_own=_may_own)


def _may_own() -> bool:
    return selectors.settings().makes_owners
