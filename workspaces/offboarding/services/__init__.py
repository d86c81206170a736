"""The verbs of offboarding: take a member out of everything, and make what is due."""

from workspaces.offboarding.services.calls import make_due
from workspaces.offboarding.services.leaving import offboard

__all__ = ["make_due", "offboard"]
