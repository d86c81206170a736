"""People, and their memberships in workspaces."""

import uuid

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Func, Value
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from kit.scoping import WorkspaceManager
from workspaces.roles.matrix import Role
from workspaces.tenancy.seats import SeatType


class Theme(models.TextChoices):
    """How the pages of a person look."""

    AUTO = "auto"
    LIGHT = "light"
    DARK = "dark"


class UserManager(BaseUserManager["User"]):
    """Finds people by their folded address; creating them is a service."""

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser):
    """One person who can sign in; the same person in any number of workspaces.

    Data: `email` and `name` are personal data; the rest is technical.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True)
    email = models.CharField(max_length=254, unique=True, db_collation="C")
    name = models.CharField(max_length=200, blank=True, default="")
    theme = models.CharField(max_length=5, choices=Theme, default=Theme.AUTO)
    is_active = models.BooleanField(default=True)
    is_operator = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    objects = UserManager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(theme__in=Theme.values), name="user_theme_known"
            ),
            # Two spellings of one address must never be two people.
            models.CheckConstraint(
                condition=models.Q(email=Lower("email")), name="user_email_folded"
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)

    @property
    def is_staff(self) -> bool:
        """Django's admin asks this; only operators enter it."""
        return self.is_active and self.is_operator

    def has_perm(self, perm: str, obj: object = None) -> bool:  # noqa: ARG002
        """Django's admin asks this; what it may do is set by its own classes."""
        return self.is_staff

    def has_module_perms(self, app_label: str) -> bool:  # noqa: ARG002
        """Django's admin asks this for its index page."""
        return self.is_staff


class MembershipStatus(models.TextChoices):
    """Whether a membership lets its person in."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    REMOVED = "removed"


class MemberSource(models.TextChoices):
    """How a member came; who SCIM brought or took over is kept by the provider."""

    HAND = "hand", _("Added by hand")
    INVITATION = "invitation", _("By invitation")
    REQUEST = "request", _("By asking to join")
    SIGN_IN = "sign_in", _("By signing in")
    SCIM = "scim", _("Kept by SCIM")


class Membership(models.Model):
    """One person in one workspace, with a role.

    Every use of a session compares `generation`: raising it ends what the person
    holds at their next request. `seat` says which product they have, before any role
    says what they may do with it. Data: `email` and the two keys of the name (folded
    copies that a range index can search under row-level security) and `name` are
    personal data.
    """

    workspace = models.ForeignKey("workspaces.Workspace", on_delete=models.PROTECT)
    user = models.ForeignKey(User, on_delete=models.PROTECT)
    public_id = models.UUIDField(default=uuid.uuid4, unique=True)
    email = models.CharField(max_length=254, db_collation="C")
    name = models.CharField(max_length=200, blank=True, default="")
    role = models.CharField(max_length=30)
    status = models.CharField(
        max_length=20, choices=MembershipStatus, default=MembershipStatus.ACTIVE
    )
    seat = models.CharField(
        max_length=10,
        choices=[(s.value, s.value) for s in SeatType],
        default=SeatType.CHAT.value,
    )
    source = models.CharField(
        max_length=20, choices=MemberSource, default=MemberSource.HAND
    )
    name_key = models.GeneratedField(
        expression=Lower("name"),
        output_field=models.CharField(max_length=400, db_collation="C"),
        db_persist=True,
    )
    surname_key = models.GeneratedField(
        expression=Func(
            Lower("name"),
            Value(r"^(.*)\s(\S+)$"),
            Value(r"\2 \1"),
            function="regexp_replace",
        ),
        output_field=models.CharField(max_length=400, db_collation="C"),
        db_persist=True,
    )
    generation = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()

    objects = WorkspaceManager["Membership"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "user"], name="membership_person_once"
            ),
            # Target of composite keys: a row cannot point into another workspace.
            models.UniqueConstraint(
                fields=["workspace", "id"], name="membership_in_workspace"
            ),
            models.CheckConstraint(
                condition=models.Q(role__in=[r.value for r in Role]),
                name="membership_role_known",
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=MembershipStatus.values),
                name="membership_status_known",
            ),
            models.CheckConstraint(
                condition=models.Q(seat__in=[s.value for s in SeatType]),
                name="membership_seat_known",
            ),
            models.CheckConstraint(
                condition=models.Q(source__in=MemberSource.values),
                name="membership_source_known",
            ),
            models.CheckConstraint(
                condition=models.Q(email=Lower("email")),
                name="membership_email_folded",
            ),
        ]
        indexes = [
            models.Index(fields=["workspace", "email", "id"], name="membership_email"),
            models.Index(
                fields=["workspace", "role", "email", "id"], name="membership_role"
            ),
            models.Index(
                fields=["workspace", "status", "email", "id"],
                name="membership_status",
                condition=~models.Q(status="active"),
            ),
            models.Index(
                fields=["workspace", "seat", "email", "id"], name="membership_seat"
            ),
            models.Index(
                fields=["workspace", "source", "email", "id"], name="membership_source"
            ),
            models.Index(fields=["workspace", "name_key"], name="membership_name"),
            models.Index(
                fields=["workspace", "surname_key"], name="membership_surname"
            ),
            models.Index(fields=["user"], name="membership_user"),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class Headcount(models.Model):
    """A part of the number of members with one role, status and seat.

    The database itself writes a row with each change of memberships, and sums rows up
    from time to time: the number of members costs the same however many they are, and
    no two writers wait for each other. Data: counts.
    """

    workspace = models.ForeignKey("workspaces.Workspace", on_delete=models.PROTECT)
    role = models.CharField(max_length=30)
    status = models.CharField(max_length=20)
    seat = models.CharField(max_length=10)
    number = models.BigIntegerField()

    objects = WorkspaceManager["Headcount"]()

    def __str__(self) -> str:
        return f"{self.number} {self.status} {self.role}"
