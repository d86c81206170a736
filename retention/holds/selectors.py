"""Answers what holds there are, what they cover, and what they are for."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from kit.formatting import absolute, grouped
from kit.refusals import Refused, UnderLegalHold
from kit.sealing import binding, open_sealed
from retention.holds import counting, coverage
from retention.holds.coverage import Kind
from retention.holds.matters import Named, Text
from retention.holds.models import Hold, HoldScope, ReleaseGrace, ScopeKind
from workspaces.content.models import Conversation
from workspaces.gpts.models import Gpt
from workspaces.members.models import Membership
from workspaces.projects.models import Project
from workspaces.tenancy import naming
from workspaces.tenancy import selectors as tenants
from workspaces.tenancy.selectors import WorkspaceRef, workspace_by_slug

_UNKNOWN = {
    ScopeKind.CONVERSATION: gettext_lazy(
        "There is no conversation %s in this workspace."
    ),
    ScopeKind.PROJECT: gettext_lazy("There is no project %s in this workspace."),
    ScopeKind.GPT: gettext_lazy("There is no GPT %s in this workspace."),
}
_DOOMED = """
select doomed_at from retention_doom
where content_id = %(row)s and kind = 'key'
"""


class UnknownHold(Refused):
    """There is no such hold, or not where it was to be."""

    status = 404


class UnknownCustodian(Refused):
    """A hold cannot name what the workspace does not have."""


class PurgedBeforeTheHold(UnknownCustodian):
    """The purge was committed first: rows are gone and the key is doomed."""


@dataclass(frozen=True, kw_only=True)
class ScopeView:
    """One scope as a page shows it; all but members by their public id only.

    Both are None where what it names is purged by now.
    """

    scope: HoldScope
    member: Membership | None
    public_id: UUID | None


@dataclass(frozen=True, kw_only=True)
class HoldView:
    """One matter as a page shows it; `covered` counts stored conversations."""

    hold: Hold
    text: Text
    scopes: list[ScopeView]
    covered: int

    @property
    def matter(self) -> str:
        """Its name."""
        return self.text.name


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
    named = Named(membership_ids=membership_ids, conversation_ids=conversation_ids)
    rows = HoldScope.objects.filter(
        released_at__isnull=True,
        content_kinds__isnull=True,
        from_at__isnull=True,
        until_at__isnull=True,
    )
    near = rows.filter(
        Q(membership_id__in=membership_ids) | Q(conversation_id__in=conversation_ids)
    )
    scopes = defaultdict(set)
    for row in rows.filter(hold_id__in=near.values("hold_id")):
        scopes[row.hold_id].add((row.kind, row.named))
    same = [pk for pk, covered in scopes.items() if covered == {*named.scopes()}]
    found = list(Hold.objects.filter(pk__in=same, released_at__isnull=True))
    texts = texts_of(shown=found)
    return next((h for h in found if texts[h.pk].name == matter.strip()), None)


def views_of(*, shown: Sequence[Hold]) -> list[HoldView]:
    """What a page needs of these holds, in a fixed number of queries."""
    rows = HoldScope.objects.filter(hold__in=[h.pk for h in shown])
    scopes = scope_views(scopes=list(rows.order_by("id")))
    texts = texts_of(shown=shown)
    numbers = counting.numbers(shown=shown)
    return [
        HoldView(
            hold=hold,
            text=texts[hold.pk],
            scopes=[view for view in scopes if view.scope.hold_id == hold.pk],
            covered=numbers.get(hold.pk, 0),
        )
        for hold in shown
    ]


def scope_views(*, scopes: Sequence[HoldScope]) -> list[ScopeView]:
    """Who or what these scopes name."""
    members = Membership.objects.in_bulk(
        [s.membership_id for s in scopes if s.membership_id]
    )
    ids = {
        kind: dict(
            rows.filter(pk__in=[s.named for s in scopes if s.kind == kind]).values_list(
                "pk", "public_id"
            )
        )
        for kind, rows in _things().items()
        if any(s.kind == kind for s in scopes)
    }
    return [
        ScopeView(
            scope=scope,
            member=members.get(scope.membership_id or 0),
            public_id=ids.get(ScopeKind(scope.kind), {}).get(scope.named),
        )
        for scope in scopes
    ]


def holds_over(*, conversation: Any, kind: Kind = coverage.CONVERSATION) -> list[Hold]:
    """The unreleased holds that cover one conversation or object, oldest first."""
    covering = coverage.covering(kind, where="h.released_at is null and c.id = %(row)s")
    with connection.cursor() as cursor:
        cursor.execute(
            f"select hold_id from ({covering}) found",  # noqa: S608 -- constants
            {"row": conversation.pk},
        )
        found = [row[0] for row in cursor.fetchall()]
    return list(Hold.objects.filter(pk__in=found).order_by("placed_at", "id"))


def demand_free(*, kind: Kind, ids: Sequence[int], at: datetime) -> None:
    """UnderLegalHold where a hold covers one of these: for what may not even hide.

    Ask it under the lock of `locking.before_changing`, in the transaction that acts.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"select count(*) from {kind.table} c"  # noqa: S608 -- constants
            f" where c.id = any(%(ids)s) and {coverage.held(kind)}",
            {"ids": list(ids), "at": at},
        )
        if cursor.fetchone()[0]:
            raise UnderLegalHold(_("A legal hold covers this; it stays."))


def matters_in_force(*, at: datetime) -> int:
    """How many matters protect something of the open workspace, graces included."""
    active = Q(released_at__isnull=True) | Q(release_grace_until__gt=at)
    return HoldScope.objects.filter(active).values("hold_id").distinct().count()


def demand_none_in_force(*, at: datetime) -> None:
    """UnderLegalHold while any hold protects something of the open workspace.

    For what takes everything along: closing a workspace, destroying its key.
    """
    if number := matters_in_force(at=at):
        raise UnderLegalHold(
            ngettext(
                "%(n)s matter on legal hold protects something of this workspace:"
                " nothing is closed before its release and the grace after it.",
                "%(n)s matters on legal hold protect something of this workspace:"
                " nothing is closed before their release and the grace after it.",
                number,
            )
            % {"n": grouped(number)}
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
    return things_named(kind=ScopeKind.CONVERSATION, public_ids=public_ids)


def things_named(*, kind: ScopeKind, public_ids: Sequence[UUID]) -> list[int]:
    """The conversations, projects or GPTs with these ids, each of them or a refusal."""
    rows = _things()[kind].filter(public_id__in=public_ids)
    found = dict(rows.values_list("public_id", "pk"))
    missing = [one for one in public_ids if one not in found]
    if missing:
        _demand_not_purged(missing[0])
        raise UnknownCustodian(_UNKNOWN[kind] % missing[0])
    return sorted(found.values())


def _things() -> dict[ScopeKind, QuerySet[Any]]:
    return {
        ScopeKind.CONVERSATION: Conversation.objects.all(),
        ScopeKind.PROJECT: Project.objects.all(),
        ScopeKind.GPT: Gpt.objects.all(),
    }


def _demand_not_purged(public_id: UUID) -> None:
    """A hold rescues what is not purged yet; what came too late is said aloud."""
    with connection.cursor() as cursor:
        cursor.execute(_DOOMED, {"row": public_id})
        doomed = cursor.fetchone()
    if doomed is not None:
        raise PurgedBeforeTheHold(
            _("%(id)s was purged on %(when)s; a hold cannot bring it back.")
            % {"id": public_id, "when": absolute(doomed[0])}
        )


def scopes_named(*, named: Named) -> set[tuple[str, int]]:
    """What of this the open workspace really has."""
    found = {ScopeKind.MEMBER: Membership.objects.all(), **_things()}
    wanted = named.by_kind()
    return {
        (kind.value, pk)
        for kind, rows in found.items()
        if wanted[kind]
        for pk in rows.filter(pk__in=wanted[kind]).values_list("pk", flat=True)
    }


def scopes_in_force(*, hold: Hold) -> set[tuple[str, int]]:
    """What a hold names and was not released."""
    rows = HoldScope.objects.filter(hold=hold, released_at__isnull=True)
    return {(scope.kind, scope.named) for scope in rows}


def grace_days() -> int:
    """For how many days what is released goes on being protected."""
    own = ReleaseGrace.objects.values_list("days", flat=True).first()
    return settings.CUSTOS_RELEASE_GRACE_DAYS if own is None else own


def text_of(*, hold: Hold) -> Text:
    """What was written about a matter, in clear, for those who may see holds."""
    return texts_of(shown=[hold])[hold.pk]


def matter_of(*, hold: Hold) -> str:
    """The matter's name in clear."""
    return text_of(hold=hold).name


def texts_of(*, shown: Sequence[Hold]) -> dict[int, Text]:
    """What was written about these matters, by hold."""
    if not shown:
        return {}
    key = tenants.organization_key()
    return {
        hold.pk: Text(
            name=_opened(hold, "matter", key),
            reference=_opened(hold, "reference", key),
            description=_opened(hold, "description", key),
        )
        for hold in shown
    }


def _opened(hold: Hold, column: str, key: bytes) -> str:
    sealed = getattr(hold, column)
    if sealed is None:
        return ""
    aad = binding(table="retention_hold", row=hold.public_id, column=column)
    return open_sealed(bytes(sealed), key=key, aad=aad).decode()
