"""Takes a member who was removed out of groups; narrows lists of members to a group."""

from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from kit import departures
from kit.actor import Actor
from kit.departures import Ended, Ending, Leaver
from workspaces.groups import selectors, services
from workspaces.groups.models import Group, GroupMember
from workspaces.members import narrowing
from workspaces.members.narrowing import Narrowing
from workspaces.tenancy import selectors as tenants


def register() -> None:
    """Called once, when the app is ready."""
    departures.register(
        Ending(name="groups", order=40, label=_("Groups left"), end=_leave)
    )
    narrowing.register(
        Narrowing(name="group", label=_("Group"), describe=_name_of, members=_people_of)
    )


def _name_of(value: str) -> str:
    return _group(value).name


def _people_of(value: str) -> QuerySet[GroupMember, int | None]:
    inside = GroupMember.objects.filter(
        group_id=_group(value).pk, membership__isnull=False
    )
    return inside.values_list("membership_id", flat=True)


def _group(value: str) -> Group:
    try:
        return selectors.one(group=UUID(value))
    except ValueError:
        raise selectors.GroupIsGone(_t("This workspace has no such group.")) from None


def _leave(actor: Actor, leaver: Leaver, at: datetime) -> Ended:
    """Who is suspended comes back to their groups; who is removed does not."""
    if not leaver.is_removed:
        return Ended(count=0)
    count = services.leave_all(
        actor=actor,
        workspace=tenants.workspace_in_scope(workspace_id=leaver.workspace_id),
        membership_id=leaver.membership_id,
        at=at,
    )
    return Ended(count=count)
