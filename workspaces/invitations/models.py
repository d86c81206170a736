"""Invitations into a workspace, from the mail to the membership."""

import uuid

from django.db import models
from django.db.models.functions import Lower

from kit.scoping import WorkspaceManager
from workspaces.roles.matrix import Role
from workspaces.tenancy.seats import SeatType

_OPEN = models.Q(accepted_at__isnull=True, revoked_at__isnull=True)


class Invitation(models.Model):
    """One address that may become a member, once and until `expires_at`.

    It is accepted by whoever signs in with that address, or revoked; one that is
    neither and past its day has expired, and is renewed by sending it again. The token
    of the mailed link shows the invitation and opens nothing else: its digest is kept,
    and the token itself, sealed, only until the mail went out (`mail_due_at`). Data:
    `email` is personal data; `token_hash` and `sealed_token` are secrets.
    """

    workspace = models.ForeignKey("workspaces.Workspace", on_delete=models.PROTECT)
    public_id = models.UUIDField(default=uuid.uuid4, unique=True)
    email = models.CharField(max_length=254, db_collation="C")
    role = models.CharField(max_length=30)
    seat = models.CharField(max_length=10)
    invited_by = models.CharField(max_length=64)
    token_hash = models.BinaryField(max_length=32, unique=True)
    sealed_token = models.BinaryField(null=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    mail_due_at = models.DateTimeField(null=True)
    mail_tries = models.PositiveSmallIntegerField(default=0)
    mailed_at = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)
    membership = models.ForeignKey(
        "workspaces.Membership", on_delete=models.PROTECT, null=True
    )
    revoked_at = models.DateTimeField(null=True)

    objects = WorkspaceManager["Invitation"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "email"],
                condition=_OPEN,
                name="invitation_open_once",
            ),
            models.CheckConstraint(
                condition=models.Q(role__in=[r.value for r in Role]),
                name="invitation_role_known",
            ),
            models.CheckConstraint(
                condition=models.Q(seat__in=[s.value for s in SeatType]),
                name="invitation_seat_known",
            ),
            models.CheckConstraint(
                condition=models.Q(email=Lower("email")), name="invitation_email_folded"
            ),
            models.CheckConstraint(
                condition=models.Q(accepted_at__isnull=True, membership__isnull=True)
                | models.Q(accepted_at__isnull=False, membership__isnull=False),
                name="invitation_accepted_by_a_member",
            ),
            models.CheckConstraint(
                condition=models.Q(accepted_at__isnull=True)
                | models.Q(revoked_at__isnull=True),
                name="invitation_ends_once",
            ),
            models.CheckConstraint(
                condition=models.Q(sealed_token__isnull=True, mail_due_at__isnull=True)
                | models.Q(sealed_token__isnull=False, mail_due_at__isnull=False),
                name="invitation_token_until_mailed",
            ),
        ]
        indexes = [
            models.Index(
                fields=["workspace", "created_at", "id"], name="invitation_newest"
            ),
            models.Index(fields=["email"], name="invitation_open", condition=_OPEN),
            models.Index(
                fields=["mail_due_at", "id"],
                name="invitation_mail_due",
                condition=models.Q(mail_due_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)
