"""Registers conversations, messages and files as kinds of stored content."""

from django.utils.translation import gettext_lazy as _

from kit import content_kinds
from kit.content_kinds import ContentKind, Governed, UndoRule
from workspaces.tenancy.plans import Promises

_HELD_BY = frozenset({"member", "conversation", "project"})
_DOOR = "retention.deletions"
_KINDS = (
    ContentKind(
        name="conversations",
        model="workspaces.Conversation",
        owner="owner",
        clock="last_activity_at",
        held_by=_HELD_BY,
        delete_door=_DOOR,
        purged_with=None,
        leftovers="select count(*) from workspaces_conversation c"
        " where c.staged_by_id is not null and not exists"
        " (select from workspaces_import i where i.id = c.staged_by_id"
        " and i.state in ('staging', 'failed'))",
        probe="public_id",
    ),
    *(
        ContentKind(
            name=name,
            model=f"workspaces.{model}",
            owner="conversation.owner",
            clock="conversation.last_activity_at",
            held_by=_HELD_BY,
            delete_door=_DOOR,
            purged_with="conversations",
            leftovers=f"select count(*) from {table} x where not exists"  # noqa: S608
            " (select from workspaces_conversation c where c.id = x.conversation_id"
            " and c.workspace_id = x.workspace_id)",
            probe="conversation_id",
        )
        for name, model, table in (
            ("messages", "Message", "workspaces_message"),
            ("files", "File", "workspaces_file"),
        )
    ),
)
_GOVERNED = (
    Governed(
        name="conversations",
        labels=_("conversations"),
        clock="last_activity_at",
        since=_("after the last message"),
        losses=_(
            "Members no longer find older chats by search, memory of past chats has"
            " less to draw on, and what could have been evidence is gone."
        ),
        project="project_id",
    ),
    # "History off" is a promise of every plan: a policy can only shorten it.
    Governed(
        name="temporary_chats",
        labels=_("temporary chats"),
        clock="created_at",
        default_days=Promises.history_off_days,
        longest_days=Promises.history_off_days,
        undo=UndoRule.NONE,
        project="project_id",
    ),
)


def register() -> None:
    """Called once, when the app is ready."""
    for kind in _KINDS:
        content_kinds.register(kind)
    for governed in _GOVERNED:
        content_kinds.govern(governed)
