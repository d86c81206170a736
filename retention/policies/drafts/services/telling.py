"""Mails those who may approve that a draft waits for one of them.

The mail is stored in the transaction that sends the draft. It holds no value of the
draft: what is proposed, and why, stands on its page alone.
"""

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext as _

from kit.actor import Actor
from retention.places import place
from retention.policies.drafts import selectors
from retention.policies.drafts.models import PolicyDraft
from workspaces.members.models import User
from workspaces.notices import services as notices
from workspaces.tenancy.selectors import WorkspaceRef

_LONGEST_SUBJECT = 200


def ask(
    draft: PolicyDraft,
    people: Sequence[User],
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    at: datetime,
) -> None:
    """One message to each of those who may approve, once for each revision of a draft.

    A revision that Custos sent back is asked for again: it was scheduled before.
    """
    told = selectors.told(draft=draft)
    subject = _("%s: a policy waits for your approval") % workspace.name
    page = place(workspace, "retention:policy-draft", draft=draft.public_id)
    text = _(
        "%(who)s asks for a second person: a retention policy of %(workspace)s takes"
        " force only when somebody else who may set policies approves it.\n\n"
        "See what it would do, and approve or decline: %(page)s\n"
    ) % {
        "who": actor.label,
        "workspace": workspace.name,
        "page": settings.CUSTOS_BASE_URL + page,
    }
    for person in people:
        if str(person.public_id) in told:
            continue
        notices.put(
            organization_id=workspace.organization.id,
            kind="retention.policy-waits",
            email=person.email,
            subject=subject[:_LONGEST_SUBJECT],
            text=text,
            at=at,
        )
