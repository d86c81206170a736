"""Whether a member may use a connector, with every thing that was asked.

Everything about one member is read once (`standing`), so that many questions about
them cost no more than one.
"""

from collections.abc import Collection
from dataclasses import dataclass

from django.utils.translation import gettext as _

from workspaces.access import selectors as access
from workspaces.access.features import Feature
from workspaces.access.selectors import Belongings
from workspaces.access.verdicts import Source, Verdict, Where
from workspaces.connectors import rules
from workspaces.connectors.controls import Ask
from workspaces.connectors.models import ConnectorGrant
from workspaces.connectors.rules import Why
from workspaces.connectors.selectors.settings import (
    UnknownConnector,
    default_ask,
    every,
    one,
)
from workspaces.connectors.setups import Setup
from workspaces.members.models import Membership


@dataclass(frozen=True, kw_only=True)
class Standing:
    """All that decides which connectors one member may use."""

    member: Membership
    feature: Verdict
    belongings: Belongings
    ask: Ask
    setups: dict[str, Setup]
    grants: dict[int, ConnectorGrant]

    def verdict(
        self, connector: str, action: str = "", *, needs_link: bool = True
    ) -> Verdict:
        """Whether the member may use it, or one action of it, with the asking level.

        Without `needs_link`: whether they may sign in to the connected app.
        """
        setup = self.setups.get(connector)
        if setup is None:
            raise UnknownConnector(_("This workspace has no such connector."))
        level = Ask(setup.row.ask) if setup.row.ask else self.ask
        answers = [self._allowed(setup), self._is_for(setup)]
        if needs_link:
            answers += self._linked(setup)
        if action:
            answers.append(_of_action(setup, action))
        refusal = next((one for one in answers if one.refusal), None)
        if not self.feature.allowed:
            return Verdict(
                allowed=False,
                reason=self.feature.reason,
                value="",
                trail=(*self.feature.trail, *(one.source() for one in answers)),
            )
        trail = (
            *self.feature.trail,
            *(one.source(decided=one is refusal) for one in answers),
        )
        if refusal:
            reason = refusal.refusal
            return Verdict(allowed=False, reason=reason, value="", trail=trail)
        asks = Source(where=Where.RESOURCE, name="ask", said=level.value, decided=True)
        return Verdict(
            allowed=True,
            reason=_yes(setup, level, action),
            value=level.value,
            trail=(*trail, asks),
        )

    def _allowed(self, setup: Setup) -> "_Answer":
        if setup.row.is_allowed:
            return _Answer(name="allowed", said="on")
        words = {"connector": setup.label}
        return _Answer(
            name="allowed",
            said="off",
            refusal=_("%(connector)s is disabled by an admin.") % words,
        )

    def _is_for(self, setup: Setup) -> "_Answer":
        row = setup.row
        if not row.is_restricted:
            return _Answer(name="audience", said="everybody")
        is_for = rules.is_for(
            is_restricted=True,
            role_ids=row.role_ids,
            group_ids=row.group_ids,
            own_roles=self.belongings.role_ids,
            own_groups=self.belongings.group_ids,
        )
        if is_for:
            return _Answer(name="audience", said="member")
        return _Answer(
            name="audience",
            said="others",
            refusal=_(
                "%(connector)s is disabled by an admin for this member: it is for"
                " other roles and groups."
            )
            % {"connector": setup.label},
        )

    def _linked(self, setup: Setup) -> "list[_Answer]":
        grant = self.grants.get(setup.row.pk) if setup.row.pk else None
        if grant is None:
            refusal = _(
                "This member has not signed in to %(connector)s with an account of"
                " their own yet."
            ) % {"connector": setup.label}
            return [_Answer(name="linked", said="no", refusal=refusal)]
        linked = _Answer(name="linked", said="yes")
        if not setup.row.domains:
            return [linked]
        if rules.domain_allowed(grant.account_domain, allowed=setup.row.domains):
            return [linked, _Answer(name="domain", said=grant.account_domain)]
        refusal = _(
            "The account that this member linked is of a domain that this workspace"
            " does not allow for %(connector)s."
        ) % {"connector": setup.label}
        return [
            linked,
            _Answer(name="domain", said=grant.account_domain, refusal=refusal),
        ]


@dataclass(frozen=True, kw_only=True)
class _Answer:
    """One thing that was asked of a connector; `refusal` says why it stands in."""

    name: str
    said: str
    refusal: str = ""

    def source(self, *, decided: bool = False) -> Source:
        return Source(
            where=Where.RESOURCE, name=self.name, said=self.said, decided=decided
        )


def standing(*, member: Membership, connectors: Collection[str] = ()) -> Standing:
    """All that decides about one member, for these connectors or for every one."""
    found = [one(connector=slug) for slug in connectors] if connectors else every()
    grants = ConnectorGrant.objects.filter(
        membership_id=member.pk, ended_at__isnull=True
    )
    return Standing(
        member=member,
        feature=access.decide(member=member, feature=Feature.CONNECTORS_USE),
        belongings=access.belongings(membership_id=member.pk),
        ask=default_ask(),
        setups={setup.slug: setup for setup in found},
        grants={grant.connector_id: grant for grant in grants},
    )


def decide(*, member: Membership, connector: str, action: str = "") -> Verdict:
    """Whether a member may use a connector now, or one action of it.

    An allowed verdict's value is the level of asking that the front end must keep.
    """
    found = standing(member=member, connectors=[connector])
    return found.verdict(connector, action)


def _of_action(setup: Setup, name: str) -> _Answer:
    action = setup.action(name)
    words = {"connector": setup.label, "action": name[:100]}
    if action is None:
        refusal = _("%(connector)s has no action “%(action)s”.") % words
        return _Answer(name="action", said="unknown", refusal=refusal)
    allowed, why = rules.action_allowed(
        setup.control, name=action.name, access=action.access
    )
    if allowed:
        return _Answer(name="action", said=why.value)
    words["action"] = str(action.label)
    sentences = {
        Why.CHANGES: _("“%(action)s” changes something; %(connector)s may only read."),
        Why.NOT_CHOSEN: _(
            "“%(action)s” is not among the actions of %(connector)s that an admin"
            " chose."
        ),
    }
    new = _("“%(action)s” is new at %(connector)s, and new actions are disabled.")
    return _Answer(
        name="action", said=why.value, refusal=sentences.get(why, new) % words
    )


def _yes(setup: Setup, level: Ask, action: str) -> str:
    words = {"connector": setup.label}
    if not action:
        return _("%(connector)s may be used.") % words
    found = setup.action(action)
    if found and rules.must_ask(
        level.value, access=found.access, is_important=found.is_important
    ):
        return (
            _("%(connector)s may do this once the member has been asked and agrees.")
            % words
        )
    return _("%(connector)s may do this without asking.") % words
