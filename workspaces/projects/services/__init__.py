"""The verbs of projects, their files and shares, and of memories."""

from workspaces.projects.services.files import FileRefused, add_file
from workspaces.projects.services.folders import file_away, take_out
from workspaces.projects.services.keeping import (
    NotAllowed,
    TooMany,
    WordsRefused,
    change,
    create,
)
from workspaces.projects.services.leaving import hand_over, heirs
from workspaces.projects.services.memories import remember, switch_memory
from workspaces.projects.services.reading import note_read
from workspaces.projects.services.shares import (
    CannotShare,
    end_shares,
    share,
    unshare,
)

__all__ = [
    "CannotShare",
    "FileRefused",
    "NotAllowed",
    "TooMany",
    "WordsRefused",
    "add_file",
    "change",
    "create",
    "end_shares",
    "file_away",
    "hand_over",
    "heirs",
    "note_read",
    "remember",
    "share",
    "switch_memory",
    "take_out",
    "unshare",
]
