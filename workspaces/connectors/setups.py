"""One connector of a workspace: its settings, joined with what the catalogue knows.

What the catalogue lists has no row until somebody changes it; then it stands here as
the plan begins it.
"""

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from workspaces.connectors import rules
from workspaces.connectors.catalogue import (
    ENTRIES,
    Account,
    Action,
    Endpoints,
    Entry,
    Revocation,
)
from workspaces.connectors.controls import Access, Ask, ClientAuth, Kind
from workspaces.connectors.models import Connector
from workspaces.connectors.rules import ActionSettings
from workspaces.tenancy.plans import of

USUAL_ASK = Ask.CHANGES


@dataclass(frozen=True, kw_only=True)
class Setup:
    """A connector as one workspace has it; `row` may not be stored yet."""

    row: Connector
    entry: Entry | None

    @property
    def slug(self) -> str:
        return self.row.slug

    @property
    def label(self) -> str:
        return self.entry.label if self.entry else self.row.name

    @property
    def text(self) -> str | Promise:
        if self.entry:
            return self.entry.text
        return _("Added by this workspace. Nobody has verified it.")

    @property
    def kind(self) -> Kind:
        return Kind(self.row.kind)

    @property
    def is_stored(self) -> bool:
        return self.row.pk is not None

    @property
    def is_verified(self) -> bool:
        """Whether its addresses come with Custos."""
        return self.entry is not None

    @property
    def is_set_up(self) -> bool:
        """Whether members can sign in: our client is known at the app."""
        return bool(self.row.client_id)

    @property
    def endpoints(self) -> Endpoints:
        return self.entry.endpoints if self.entry else Endpoints(**self.row.endpoints)

    @property
    def revocation(self) -> Revocation:
        if self.entry:
            return self.entry.revocation
        return Revocation.RFC_7009 if self.endpoints.revoke else Revocation.NONE

    @property
    def account(self) -> Account:
        if self.entry:
            return self.entry.account
        return Account.USERINFO if self.endpoints.account else Account.NONE

    @property
    def extra(self) -> dict[str, str]:
        return self.entry.extra if self.entry else {}

    @property
    def actions(self) -> tuple[Action, ...]:
        if self.entry:
            return self.entry.actions
        return tuple(_action(one) for one in self.row.actions)

    def action(self, name: str) -> Action | None:
        """The action of that name. A custom app may have more than somebody listed."""
        found = next((one for one in self.actions if one.name == name), None)
        if found is None and self.entry is None:
            # The cautious guess about what nobody described.
            return Action(name=name, label=name, access=Access.WRITE, is_important=True)
        return found

    @property
    def control(self) -> ActionSettings:
        return ActionSettings(
            control=self.row.action_control,
            chosen=frozenset(self.row.chosen_actions),
            known=frozenset(self.row.known_actions),
            new_actions=self.row.new_actions,
        )

    @property
    def scopes(self) -> tuple[str, ...]:
        """What a member is asked to grant; nothing to change where nothing may be."""
        if self.entry is None:
            return tuple(self.row.scopes)
        pairs = [(one.name, one.access.value) for one in self.actions]
        return rules.scopes_for(
            read=self.entry.read_scopes,
            write=self.entry.write_scopes,
            may_write=rules.may_change(self.control, actions=pairs),
        )

    @property
    def too_much(self) -> tuple[str, ...]:
        """Rights that the app knows and that nothing allowed here needs.

        A token with one of them could do at the app what is forbidden here, whatever
        action it was handed out for.
        """
        if self.entry is None:
            return ()
        asked = set(self.scopes)
        known = (*self.entry.read_scopes, *self.entry.write_scopes)
        return tuple(one for one in known if one not in asked)


def begun(entry: Entry, *, workspace_id: int, plan: str) -> Setup:
    """A connector of the catalogue as the plan begins it; not stored."""
    row = Connector(
        workspace_id=workspace_id,
        slug=entry.slug,
        kind=Kind.CATALOGUE,
        client_auth=entry.client_auth,
        is_allowed=of(plan).connectors_on_by_default,
    )
    return Setup(row=row, entry=entry)


def of_row(row: Connector) -> Setup:
    """The connector that a row stores."""
    is_listed = row.kind == Kind.CATALOGUE
    return Setup(row=row, entry=ENTRIES[row.slug] if is_listed else None)


def client_auth_for(endpoints: Endpoints, *, has_secret: bool) -> ClientAuth:
    """How our client proves itself, of the ways that an app takes.

    A client without a secret is a public one, which PKCE protects.
    """
    taken = endpoints.client_auths or tuple(one.value for one in ClientAuth)
    wanted = (ClientAuth.BASIC, ClientAuth.POST) if has_secret else (ClientAuth.NONE,)
    return next((one for one in wanted if one.value in taken), ClientAuth.BASIC)


def stored_action(action: Action) -> dict[str, Any]:
    """An action of a custom connector as its row keeps it."""
    return {
        "name": action.name,
        "access": action.access.value,
        "is_important": action.is_important,
    }


def _action(stored: dict[str, Any]) -> Action:
    return Action(
        name=stored["name"],
        label=stored["name"],
        access=Access(stored["access"]),
        is_important=stored["is_important"],
    )
