"""Deletes and restores: conversations, and objects of the simple kinds."""

from retention.deletions.services.conversations import (
    BY_OWNER,
    AlreadyDeleted,
    Deleted,
    DeletedForGood,
    ExpiredByPolicy,
    NotDeleted,
    NotYourConversation,
    UndoHasPassed,
    mark_deleted,
    restore,
)
from retention.deletions.services.emptying import empty
from retention.deletions.services.erasing import BY_ERASURE, erase
from retention.deletions.services.objects import delete_objects, restore_object
from retention.deletions.services.programs import (
    Hidden,
    delete_by_program,
)

__all__ = [
    "BY_ERASURE",
    "BY_OWNER",
    "AlreadyDeleted",
    "Deleted",
    "DeletedForGood",
    "ExpiredByPolicy",
    "Hidden",
    "NotDeleted",
    "NotYourConversation",
    "UndoHasPassed",
    "delete_by_program",
    "delete_objects",
    "empty",
    "erase",
    "mark_deleted",
    "restore",
    "restore_object",
]
