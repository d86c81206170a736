"""Who acts: a person, a service, a system part or an operator, with what they may."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from django.utils.translation import gettext as _

from kit.permissions import LABELS, Decision, Permission, PermissionDenied


class ActorKind(StrEnum):
    """The kinds of actors; the value stands in audit leaves."""

    USER = "user"
    SERVICE = "service"
    SYSTEM = "system"
    OPERATOR = "operator"


@dataclass(frozen=True, kw_only=True)
class Actor:
    """One acting party, resolved once per request, task or command.

    `id` is a random public id or the name of a system part, never derived from a
    person's name; `label`, `ip` and `user_agent` are personal data and reach the
    audit log only as commitments and sealed details.
    """

    kind: ActorKind
    id: str
    label: str
    user_id: int | None = None
    organization_id: int | None = None
    workspace_id: int | None = None
    membership_id: int | None = None
    role: str = ""
    permissions: frozenset[Permission] = field(default_factory=frozenset)
    ip: str = ""
    user_agent: str = ""
    # Says why a permission is missing and who holds it; knows what kit cannot.
    explain: Callable[[Permission], str] | None = field(
        default=None, compare=False, repr=False
    )

    @classmethod
    def system(cls, name: str) -> "Actor":
        """A part of Custos itself, such as the sweeper; it may do everything."""
        everything = frozenset(Permission)
        return cls(kind=ActorKind.SYSTEM, id=name, label=name, permissions=everything)

    @classmethod
    def operator(cls, label: str = "command line") -> "Actor":
        """The operator of the installation, at the command line or at /operator/."""
        everything = frozenset(Permission)
        return cls(
            kind=ActorKind.OPERATOR, id="operator", label=label, permissions=everything
        )

    def may(self, permission: Permission) -> Decision:
        """Tells whether the actor holds `permission`, and why not if not."""
        if permission in self.permissions:
            return Decision(allowed=True, reason="")
        if self.explain is not None:
            return Decision(allowed=False, reason=self.explain(permission))
        role = self.role.replace("_", " ") or _("no role")
        reason = _("“%(what)s” is not part of your role here (%(role)s).") % {
            "what": LABELS[permission],
            "role": role,
        }
        return Decision(allowed=False, reason=reason)

    def require(self, permission: Permission) -> None:
        """Raises PermissionDenied unless the actor holds `permission`."""
        decision = self.may(permission)
        if not decision:
            raise PermissionDenied(permission, decision.reason)
