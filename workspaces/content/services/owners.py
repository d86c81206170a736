"""Decides whose an imported conversation is."""

from collections.abc import Iterable, Sequence

from django.utils.translation import gettext as _

from workspaces.content import rules
from workspaces.content.formats.drafts import ConversationDraft
from workspaces.content.formats.flaws import ImportRefused
from workspaces.members import addresses
from workspaces.members.models import Membership, MembershipStatus


class Owners:
    """The members that conversations of one import can fall to.

    The owner that the source names comes first, if a member here; then those that the
    import assigns; then the member who imports.
    """

    def __init__(self, *, assigned: Sequence[str], importer_id: int | None) -> None:
        self._named: dict[str, int] = {}
        wanted = list(dict.fromkeys(addresses.fold(email) for email in assigned))
        found = _memberships(wanted)
        if len(found) < len(wanted):
            raise ImportRefused(
                _("%(n)s of the addresses to assign are not active members here.")
                % {"n": len(wanted) - len(found)}
            )
        self._assigned = [found[email] for email in sorted(wanted)]
        if not self._assigned and importer_id is not None:
            self._assigned = [importer_id]

    def learn(self, drafts: Iterable[ConversationDraft]) -> None:
        """Looks up the owners that these conversations name; needs an open scope."""
        named = {draft.owner_email for draft in drafts if draft.owner_email}
        folded = {email: _folded(email) for email in named - self._named.keys()}
        found = _memberships({email for email in folded.values() if email})
        self._named |= {
            email: found[fold] for email, fold in folded.items() if fold in found
        }

    def owner_of(self, draft: ConversationDraft, *, external_id: str) -> int:
        """The membership that owns the conversation, or the sentence that none does."""
        owner = self._named.get(draft.owner_email or "")
        if owner is not None:
            return owner
        if self._assigned:
            return rules.assigned(self._assigned, id=external_id)
        why = (
            _("its owner is not an active member here; assign owners.")
            if draft.owner_email
            else _("it names no owner; assign owners (--assign-owners).")
        )
        raise ImportRefused(why, place=draft.place)


def _memberships(emails: Iterable[str]) -> dict[str, int]:
    wanted = list(emails)
    if not wanted:
        return {}
    active = Membership.objects.filter(email__in=wanted, status=MembershipStatus.ACTIVE)
    return dict(active.values_list("email", "id"))


def _folded(email: str) -> str:
    try:
        return addresses.fold(email)
    except addresses.BadAddress:
        return ""
