"""Turns a person's own data into the sentences of their page."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from kit.formatting import absolute, day, grouped, relative, size
from retention.conversations.reasons import FOR_GOOD
from retention.conversations.showing import keeps
from retention.own_data.selectors import Listed, Own, Totals
from retention.policies.previews import Preview
from retention.policies.selectors import Standing
from workspaces.content.selectors import ReadConversation, ReadNode
from workspaces.tenancy import plans
from workspaces.tenancy.plans import RetentionSetter

_ROLES = {
    "user": _lazy("You"),
    "assistant": _lazy("Assistant"),
    "system": _lazy("System"),
    "tool": _lazy("Tool"),
}


def title_of(own: Own) -> str:
    """The title as a person knows it."""
    if own.title is None:
        return _("Cannot be read any more: its key was destroyed")
    return own.title or _("Untitled")


def figures(totals: Totals) -> list[dict[str, Any]]:
    """What there is, in three numbers."""
    return [
        {
            "name": ngettext("conversation", "conversations", totals.conversations),
            "number": grouped(totals.conversations),
        },
        {
            "name": ngettext("message", "messages", totals.messages),
            "number": grouped(totals.messages),
        },
        {
            "name": ngettext("file", "files", totals.files),
            "number": grouped(totals.files),
        },
    ]


def rules(
    *, plan: str, standing: Standing, totals: Totals, change_url: str
) -> list[dict[str, Any]]:
    """What happens to the person's data: who decides, who reads, what a hold does."""
    shown = [
        {
            "icon_name": "calendar-clock",
            "tone": "run",
            "title": _("Kept %s") % keeps(standing.days)
            if standing.days is not None
            else _("Kept until you delete them"),
            "fact": _who_set(plan, standing),
            "action_url": change_url,
            "action_label": _("Change"),
        },
        {
            "icon_name": "eye",
            "tone": "run",
            "title": _("Read by you"),
            "fact": _who_reads(plan),
        },
    ]
    if totals.held:
        shown.append(
            {
                "icon_name": "lock",
                "tone": "held",
                "title": ngettext(
                    "%(n)s conversation is kept for a legal matter",
                    "%(n)s conversations are kept for a legal matter",
                    totals.held,
                )
                % {"n": grouped(totals.held)},
                "fact": _(
                    "What you delete of it is hidden, and kept until the hold is"
                    " released."
                ),
            }
        )
    return shown


def last_activity(own: Own) -> str:
    """The fact under a title in the list."""
    return _("last message %(day)s, %(messages)s messages") % {
        "day": day(own.row.last_activity_at),
        "messages": grouped(own.row.message_count),
    }


def hidden_on(own: Own, *, now: datetime) -> str:
    """When a rule hides it: `3 Dec 2026, in 9 days`."""
    if own.dates.expires_at is None:
        return ""
    return f"{day(own.dates.expires_at)}, {relative(own.dates.expires_at, now=now)}"


def can_come_back(own: Own, *, now: datetime) -> bool:
    """Whether its delete can be undone now."""
    ends, expires = own.dates.undo_ends_at, own.dates.expires_at
    return (
        own.row.deleted_at is not None
        and own.row.deleted_by not in FOR_GOOD
        and own.title is not None
        and ends is not None
        and ends > now
        and (expires is None or expires > now)
    )


def who_deleted(own: Own) -> str:
    """Whose delete hides it, as far as the member is told."""
    if own.row.deleted_by in FOR_GOOD:
        return _("It is deleted")
    return _("You deleted it")


def until(own: Own, *, now: datetime) -> str:
    """Until when it can come back, or why it cannot."""
    ends = own.dates.undo_ends_at
    if can_come_back(own, now=now) and ends is not None:
        return _("Until %(when)s, %(left)s") % {
            "when": absolute(ends),
            "left": relative(ends, now=now),
        }
    if own.row.deleted_by in FOR_GOOD:
        return _("It was deleted on behalf of the workspace, and does not come back.")
    return _("Its time to come back has passed.")


def search_sentence(found: Listed) -> str:
    """How far a search has looked."""
    looked = ngettext(
        "%(n)s title looked through, %(found)s with these words.",
        "%(n)s titles looked through, %(found)s with these words.",
        found.searched,
    )
    return looked % {"n": grouped(found.searched), "found": grouped(len(found.rows))}


def deletion(own: Own, *, undo_days: int, is_held: bool) -> dict[str, str]:
    """What deleting does, before it is done."""
    if undo_days:
        text = ngettext(
            "It is hidden at once. For %(n)s day you can bring it back; then a sweep"
            " purges it, and nobody can.",
            "It is hidden at once. For %(n)s days you can bring it back; then a sweep"
            " purges it, and nobody can.",
            undo_days,
        ) % {"n": undo_days}
    else:
        text = _(
            "It is hidden at once, and the next sweep purges it. This workspace gives"
            " no time to bring it back."
        )
    kept = {
        "kept_word": _("On hold"),
        "kept_text": _("it stays stored until the hold is released."),
    }
    return {
        "title": _("Delete “%s”?") % title_of(own),
        "text": text,
        **(kept if is_held else {}),
    }


def facts(own: Own, *, now: datetime) -> list[dict[str, Any]]:
    """What is known of one conversation."""
    row = own.row
    shown = [
        {"name": _("Created"), "value": absolute(row.created_at)},
        {"name": _("Last message"), "value": absolute(row.last_activity_at)},
        {"name": _("Size"), "value": size(row.byte_count)},
    ]
    if hidden := hidden_on(own, now=now):
        shown.append({"name": _("Expires"), "value": hidden})
    return shown


def messages(nodes: tuple[ReadNode, ...]) -> list[dict[str, Any]]:
    """The messages as the page shows them."""
    return [
        {
            "role": _ROLES.get(node.role, node.role),
            "is_mine": node.role == "user",
            "text": node.text,
            "created_at": node.created_at,
            "is_hidden": node.is_hidden,
            "is_off_path": not node.is_on_path,
            "source": "" if node.provenance == "chat" else node.provenance,
        }
        for node in nodes
    ]


def files(read: ReadConversation) -> list[dict[str, Any]]:
    """The files of a conversation."""
    return [
        {
            "title": file.name or _("File without a name"),
            "fact": size(file.byte_count)
            if file.has_bytes
            else _("only its name was imported"),
        }
        for file in read.files
    ]


def preview_figures(preview: Preview) -> list[dict[str, Any]]:
    """What a new rule of the person's own would purge first."""
    return [
        {
            "name": _("Purged first"),
            "number": grouped(preview.conversations),
            "fact": _("%(messages)s messages, %(files)s files, %(size)s")
            % {
                "messages": grouped(preview.messages),
                "files": grouped(preview.files),
                "size": size(preview.bytes),
            },
        },
        {
            "name": _("More than today"),
            "number": grouped(preview.more_than_today),
            "tone": "warn" if preview.more_than_today else "",
        },
        {
            "name": _("Kept by holds"),
            "number": grouped(preview.held),
            "tone": "held" if preview.held else "",
        },
    ]


def _who_set(plan: str, standing: Standing) -> str:
    setter = plans.of(plan).retention_setter
    if setter is RetentionSetter.FIXED:
        return _("Set by the plan of your workspace.")
    by = {
        RetentionSetter.MEMBER: _("Set by you; nobody else can."),
        RetentionSetter.ADMINS: _("Set by your workspace."),
    }[setter]
    if not standing.version:
        by = {
            RetentionSetter.MEMBER: _("You have set nothing; nobody else can."),
            RetentionSetter.ADMINS: _("Your workspace has set nothing."),
        }[setter]
    if standing.pending is None:
        return by
    coming = _("From %(day)s: %(keeps)s.") % {
        "day": day(standing.pending.in_force_at),
        "keeps": keeps(standing.pending.days),
    }
    return f"{by} {coming}"


def _who_reads(plan: str) -> str:
    if plans.of(plan).retention_setter is RetentionSetter.MEMBER:
        return _("Nobody else in your workspace sees them, not even that they exist.")
    return _(
        "Owners, admins and compliance officers see when and how much you wrote, never"
        " titles or messages."
    )
