"""Answers what holds there are, what they cover, and what they are for."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from kit import vault
from kit.refusals import Refused
from kit.sealing import binding, open_sealed
from retention.holds.models import Hold, HoldScope, ScopeKind
from workspaces.content.models import Conversation
from workspaces.members.models import Membership
from workspaces.tenancy import naming
from workspaces.tenancy.models import Organization
from workspaces.tenancy.selectors import WorkspaceRef, workspace_by_slug


class UnknownHold(Refused):
    """There is no such hold, or not where it was to be."""

    status = 404


class UnknownCustodian(Refused):
    """A hold cannot name what the workspace does not have."""


@dataclass(frozen=True, kw_only=True)
class HoldView:
    """One hold as a page shows it; conversations by their public id only."""

    hold: Hold
    matter: str
    members: list[Membership]
    conversations: list[UUID]
    covered: int


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """How many conversations a hold covers: each member's, and those it names."""

    by_member: list[tuple[Membership, int]]
    named: int

    @property
    def total(self) -> int:
        """All of them, each once."""
        return self.named + sum(number for _member, number in self.by_member)


_COVERED = """
select hold_id, count(*) from (
    select s.hold_id, c.id from retention_holdscope s
    join workspaces_conversation c
      on c.workspace_id = s.workspace_id and c.owner_id = s.membership_id
    where s.hold_id = any(%(holds)s)
    union
    select s.hold_id, c.id from retention_holdscope s
    join workspaces_conversation c
      on c.workspace_id = s.workspace_id and c.id = s.conversation_id
    where s.hold_id = any(%(holds)s)
) found group by hold_id
"""


def holds(*, only_active: bool = False) -> QuerySet[Hold]:
    """The holds of the open workspace, for a page to order by (-placed_at, -id)."""
    found = Hold.objects.all()
    return found.filter(released_at__isnull=True) if only_active else found


def hold_by_public_id(*, public_id: UUID) -> Hold:
    """One hold of the open workspace; Hold.DoesNotExist otherwise."""
    return Hold.objects.get(public_id=public_id)


def workspace_of(*, hold: UUID, expected: str | None = None) -> WorkspaceRef:
    """The workspace of a hold, asked before a scope is open: for commands only."""
    with connection.cursor() as cursor:
        cursor.execute("select custos_workspace_of_hold(%s)", [hold])
        slug = cursor.fetchone()[0]
    if slug is None:
        raise UnknownHold(_("There is no hold %s.") % hold)
    if expected not in (None, slug):
        raise UnknownHold(
            _("There is no hold %(hold)s in the workspace “%(slug)s”.")
            % {"hold": hold, "slug": naming.printable(expected)}
        )
    return workspace_by_slug(slug=slug)


def in_force_with(
    *, matter: str, membership_ids: Sequence[int], conversation_ids: Sequence[int]
) -> Hold | None:
    """The unreleased hold of this very matter over exactly these scopes, if any."""
    wanted = {
        *((ScopeKind.MEMBER, one) for one in membership_ids),
        *((ScopeKind.CONVERSATION, one) for one in conversation_ids),
    }
    rows = HoldScope.objects.filter(released_at__isnull=True)
    near = rows.filter(
        Q(membership_id__in=membership_ids) | Q(conversation_id__in=conversation_ids)
    )
    scopes = defaultdict(set)
    for row in rows.filter(hold_id__in=near.values("hold_id")):
        scopes[row.hold_id].add((row.kind, row.membership_id or row.conversation_id))
    same = [pk for pk, covered in scopes.items() if covered == wanted]
    found = list(Hold.objects.filter(pk__in=same, released_at__isnull=True))
    matters = _matters(found)
    return next((h for h in found if matters[h.pk] == matter.strip()), None)


def views_of(*, shown: Sequence[Hold]) -> list[HoldView]:
    """What a page needs of these holds, in a fixed number of queries."""
    scopes = list(
        HoldScope.objects.filter(hold__in=[h.pk for h in shown]).order_by("id")
    )
    members = Membership.objects.in_bulk(
        [s.membership_id for s in scopes if s.membership_id]
    )
    conversations = dict(
        Conversation.objects.filter(
            pk__in=[s.conversation_id for s in scopes if s.conversation_id]
        ).values_list("pk", "public_id")
    )
    matters = _matters(shown)
    numbers = _covered(shown)
    return [
        HoldView(
            hold=hold,
            matter=matters[hold.pk],
            members=[
                members[s.membership_id]
                for s in scopes
                if s.hold_id == hold.pk and s.membership_id in members
            ],
            conversations=[
                conversations[s.conversation_id]
                for s in scopes
                if s.hold_id == hold.pk and s.conversation_id in conversations
            ],
            covered=numbers.get(hold.pk, 0),
        )
        for hold in shown
    ]


def covered(*, hold: Hold) -> int:
    """How many stored conversations the hold's scopes name, deleted ones included."""
    scopes = HoldScope.objects.filter(hold=hold)
    return Conversation.objects.filter(
        Q(owner_id__in=scopes.values("membership_id"))
        | Q(pk__in=scopes.values("conversation_id"))
    ).count()


def kept() -> int:
    """How many stored conversations unreleased holds cover, each once."""
    scopes = HoldScope.objects.filter(released_at__isnull=True)
    return Conversation.objects.filter(
        Q(owner_id__in=scopes.values("membership_id"))
        | Q(pk__in=scopes.values("conversation_id"))
    ).count()


def would_cover(
    *, membership_ids: Sequence[int], conversation_ids: Sequence[int]
) -> Coverage:
    """What a hold with these scopes would cover now; it goes on to cover new ones."""
    members = Membership.objects.filter(pk__in=membership_ids).order_by("email", "id")
    owned = dict(
        Conversation.objects.filter(owner_id__in=membership_ids)
        .values_list("owner_id")
        .annotate(n=Count("id"))
        .order_by("owner_id")
    )
    named = Conversation.objects.filter(pk__in=conversation_ids)
    return Coverage(
        by_member=[(member, owned.get(member.pk, 0)) for member in members],
        named=named.exclude(owner_id__in=membership_ids).count(),
    )


def holds_over(*, conversation: Conversation) -> list[Hold]:
    """The unreleased holds that cover one conversation, oldest first."""
    scopes = HoldScope.objects.filter(
        Q(membership_id=conversation.owner_id) | Q(conversation_id=conversation.pk),
        released_at__isnull=True,
    )
    return list(
        Hold.objects.filter(pk__in=scopes.values("hold")).order_by("placed_at", "id")
    )


def members_named(*, emails: Sequence[str]) -> list[int]:
    """The members with these addresses; UnknownCustodian where one is not there."""
    wanted = {email.strip().lower() for email in emails}
    found = dict(Membership.objects.filter(email__in=wanted).values_list("email", "pk"))
    if missing := sorted(wanted - set(found)):
        raise UnknownCustodian(_("“%s” is no member of this workspace.") % missing[0])
    return sorted(found.values())


def conversations_named(*, public_ids: Sequence[UUID]) -> list[int]:
    """The conversations with these ids; UnknownCustodian where one is not there."""
    found = dict(
        Conversation.objects.filter(public_id__in=public_ids).values_list(
            "public_id", "pk"
        )
    )
    if missing := [one for one in public_ids if one not in found]:
        raise UnknownCustodian(
            _("There is no conversation %s in this workspace.") % missing[0]
        )
    return sorted(found.values())


def scopes_named(
    *, membership_ids: Sequence[int], conversation_ids: Sequence[int]
) -> list[tuple[ScopeKind, int]]:
    """The named members and conversations that the open workspace really has."""
    members = Membership.objects.filter(pk__in=membership_ids).order_by("id")
    conversations = Conversation.objects.filter(pk__in=conversation_ids).order_by("id")
    return [
        *((ScopeKind.MEMBER, pk) for pk in members.values_list("pk", flat=True)),
        *(
            (ScopeKind.CONVERSATION, pk)
            for pk in conversations.values_list("pk", flat=True)
        ),
    ]


def _covered(shown: Sequence[Hold]) -> dict[int, int]:
    with connection.cursor() as cursor:
        cursor.execute(_COVERED, {"holds": [hold.pk for hold in shown]})
        return dict(cursor.fetchall())


def matter_of(*, hold: Hold) -> str:
    """The matter in clear, for those who may see holds and for the log's details."""
    return _matters([hold])[hold.pk]


def _matters(shown: Sequence[Hold]) -> dict[int, str]:
    if not shown:
        return {}
    key_id = Organization.objects.values_list("key_id", flat=True).get()
    key = vault.read_keys([key_id])[key_id]
    return {
        hold.pk: open_sealed(
            bytes(hold.matter),
            key=key,
            aad=binding(table="retention_hold", row=hold.public_id, column="matter"),
        ).decode()
        for hold in shown
    }
