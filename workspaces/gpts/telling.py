"""Writes to owners about what others did with their GPTs, as mail that is due.

A GPT's name and a reviewer's reason are content: mail says what happened and leads to
the page that shows the rest. Nobody is told what they did themselves.
"""

from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kit.actor import Actor
from workspaces.gpts.models import Gpt, GptReview, ReviewState
from workspaces.members import selectors as members
from workspaces.members.models import Membership, MembershipStatus
from workspaces.notices import services as notices
from workspaces.tenancy.selectors import WorkspaceRef

_SUBJECT_MAX = 200


def decided(
    *, actor: Actor, workspace: WorkspaceRef, gpt: Gpt, review: GptReview, at: datetime
) -> None:
    """Tell the owner what became of a request for a review."""
    became = {
        ReviewState.APPROVED: _("Version %d of your GPT is approved"),
        ReviewState.SENT_BACK: _("Version %d of your GPT is sent back"),
        ReviewState.REJECTED: _("Version %d of your GPT is rejected"),
    }[ReviewState(review.state)]
    _tell(
        actor,
        workspace,
        to=_owner(gpt),
        kind="gpt-review",
        subject=became % review.number,
        page=_url("share", workspace, gpt),
        at=at,
    )


def unpublished(
    *, actor: Actor, workspace: WorkspaceRef, gpt: Gpt, at: datetime
) -> None:
    """Tell the owner that only invited people and groups can use their GPT."""
    _tell(
        actor,
        workspace,
        to=_owner(gpt),
        kind="gpt-unpublished",
        subject=_("Your GPT is unpublished"),
        page=_url("detail", workspace, gpt),
        at=at,
    )


def isolated(*, actor: Actor, workspace: WorkspaceRef, gpt: Gpt, at: datetime) -> None:
    """Tell the owner that nobody else can use their GPT."""
    _tell(
        actor,
        workspace,
        to=_owner(gpt),
        kind="gpt-isolated",
        subject=_("Your GPT is isolated: only you can use it"),
        page=_url("detail", workspace, gpt),
        at=at,
    )


def reassigned(
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    gpt: Gpt,
    before: Membership,
    at: datetime,
) -> None:
    """Tell both owners, the new one and the one before, that a GPT changed hands."""
    _tell(
        actor,
        workspace,
        to=_owner(gpt),
        kind="gpt-handover",
        subject=_("A GPT is yours now"),
        page=_url("detail", workspace, gpt),
        at=at,
    )
    _tell(
        actor,
        workspace,
        to=before,
        kind="gpt-handover",
        subject=_("A GPT of yours has a new owner"),
        page=_url("list", workspace),
        at=at,
    )


def handed_over(
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    to: Membership,
    number: int,
    is_return: bool,
    at: datetime,
) -> None:
    """Tell who gets the GPTs of somebody who left, or gets their own back."""
    if is_return:
        subject = ngettext("%d GPT is yours again", "%d GPTs are yours again", number)
    else:
        subject = ngettext(
            "%d GPT of somebody who left is yours now",
            "%d GPTs of somebody who left are yours now",
            number,
        )
    _tell(
        actor,
        workspace,
        to=to,
        kind="gpt-handover",
        subject=subject % number,
        page=_url("list", workspace),
        at=at,
    )


def _tell(
    actor: Actor,
    workspace: WorkspaceRef,
    *,
    to: Membership,
    kind: str,
    subject: str,
    page: str,
    at: datetime,
) -> None:
    if to.status != MembershipStatus.ACTIVE or to.pk == actor.membership_id:
        return
    notices.put(
        organization_id=workspace.organization.id,
        kind=kind,
        email=to.email,
        subject=_("%(what)s (%(workspace)s)")
        % {"what": subject, "workspace": workspace.name[: _SUBJECT_MAX // 2]},
        text=_("%(what)s. Read more, and what you can do: %(page)s")
        % {"what": subject, "page": page},
        at=at,
    )


def _owner(gpt: Gpt) -> Membership:
    return members.by_id(ids=[gpt.owner_id])[gpt.owner_id]


def _url(page: str, workspace: WorkspaceRef, gpt: Gpt | None = None) -> str:
    names = {"workspace": workspace.slug} | ({"gpt": gpt.public_id} if gpt else {})
    path = reverse(f"workspaces:gpts-{page}", kwargs=names)
    return f"{settings.CUSTOS_BASE_URL.rstrip('/')}{path}"
