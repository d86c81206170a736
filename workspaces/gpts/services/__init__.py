"""The verbs of GPTs: make, share, review, govern."""

from workspaces.gpts.models import ReviewState
from workspaces.gpts.services.governing import isolate, reassign, unpublish
from workspaces.gpts.services.making import create, save_version
from workspaces.gpts.services.policies import (
    allow_domain,
    approve_third_party,
    refuse_domain,
    set_public,
    withdraw_third_party,
)
from workspaces.gpts.services.reading import note_read
from workspaces.gpts.services.reviewing import decide, withdraw
from workspaces.gpts.services.sharing import give, set_visibility, take

__all__ = [
    "ReviewState",
    "allow_domain",
    "approve_third_party",
    "create",
    "decide",
    "give",
    "isolate",
    "note_read",
    "reassign",
    "refuse_domain",
    "save_version",
    "set_public",
    "set_visibility",
    "take",
    "unpublish",
    "withdraw",
    "withdraw_third_party",
]
