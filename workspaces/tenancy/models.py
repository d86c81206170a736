"""Organizations (the tenants) and their workspaces."""

import uuid

from django.db import models

from kit.scoping import OrganizationManager
from workspaces.tenancy.plans import Plan
from workspaces.tenancy.seats import SeatType

# The same as workspaces.tenancy.naming, where the sentence is.
_SLUG = r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?$"


class OrganizationRole(models.TextChoices):
    """What a person may be to an organization itself."""

    OWNER = "owner"
    ADMIN = "admin"


class _OrganizationItselfManager(OrganizationManager["Organization"]):
    """The tenant's own row is scoped by its primary key."""

    column = "id"


class Sso(models.TextChoices):
    """What single sign-on is to a workspace."""

    OFF = "off"
    OPTIONAL = "optional"
    REQUIRED = "required"


class WorkspaceState(models.TextChoices):
    """How far the closing of a workspace has come.

    Closing: the grace; people read, nothing new is stored. Emptying: what is stored
    is being deleted, and only owners and compliance officers enter. Closed: nobody
    enters, nothing is stored, its key is destroyed.
    """

    OPEN = "open"
    CLOSING = "closing"
    EMPTYING = "emptying"
    CLOSED = "closed"


TAKES_PEOPLE = (WorkspaceState.OPEN, WorkspaceState.CLOSING)


class Organization(models.Model):
    """One tenant: owns connections, mail domains, its audit log and workspaces.

    `new_workspace_sso` is what its next workspaces begin with. The two lists of
    networks (CIDR texts; empty means anywhere) say from where people and keys may
    come. Data: business data; `key_id` names the vault key that wraps what the
    organization seals (audit details, connection secrets).
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True)
    slug = models.SlugField(max_length=63, unique=True)
    name = models.CharField(max_length=200)
    key_id = models.UUIDField(unique=True)
    new_workspace_sso = models.CharField(
        max_length=10, choices=Sso, default=Sso.OPTIONAL
    )
    portal_networks = models.JSONField(default=list)
    api_networks = models.JSONField(default=list)
    created_at = models.DateTimeField()

    objects = _OrganizationItselfManager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(new_workspace_sso__in=Sso.values),
                name="organization_sso_known",
            ),
            models.CheckConstraint(
                condition=models.Q(slug__regex=_SLUG), name="organization_slug_shape"
            ),
        ]

    def __str__(self) -> str:
        return self.slug


class OrganizationAdministrator(models.Model):
    """One person's part in running an organization (not a workspace).

    Data: ids and a role; no personal data of its own.
    """

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT)
    user = models.ForeignKey("workspaces.User", on_delete=models.PROTECT)
    role = models.CharField(max_length=20, choices=OrganizationRole)
    created_at = models.DateTimeField()

    objects = OrganizationManager["OrganizationAdministrator"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "user"], name="organization_person_once"
            ),
            models.CheckConstraint(
                condition=models.Q(role__in=OrganizationRole.values),
                name="organization_role_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.user_id} of {self.organization_id}"


class Workspace(models.Model):
    """One workspace of an organization, on one plan.

    Data: `name` and `slug` are business data; `key_id` names the vault key that
    wraps the keys of its conversations. `policy_grace_hours` is how long a
    shortened policy waits before it takes force; `sso` what single sign-on is here.
    `default_seat` is what new members get, `seat_limit` how many may be in (none
    means any number); `takes_join_requests` lets people of the organization ask.
    `closes_at` is when the grace of its closing ends, while it has a `state` but open.
    """

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT)
    public_id = models.UUIDField(default=uuid.uuid4, unique=True)
    slug = models.SlugField(max_length=63, unique=True)
    name = models.CharField(max_length=200)
    plan = models.CharField(max_length=20, choices=[(p.value, p.value) for p in Plan])
    key_id = models.UUIDField(unique=True)
    policy_grace_hours = models.PositiveSmallIntegerField(default=24)
    sso = models.CharField(max_length=10, choices=Sso, default=Sso.OPTIONAL)
    default_seat = models.CharField(
        max_length=10,
        choices=[(s.value, s.value) for s in SeatType],
        default=SeatType.CHAT.value,
    )
    seat_limit = models.PositiveIntegerField(null=True)
    takes_join_requests = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    state = models.CharField(
        max_length=10, choices=WorkspaceState, default=WorkspaceState.OPEN
    )
    closes_at = models.DateTimeField(null=True)

    objects = OrganizationManager["Workspace"]()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    state=WorkspaceState.OPEN.value, closes_at__isnull=True
                )
                | models.Q(
                    state__in=[
                        WorkspaceState.CLOSING.value,
                        WorkspaceState.EMPTYING.value,
                        WorkspaceState.CLOSED.value,
                    ],
                    closes_at__isnull=False,
                ),
                name="workspace_state_with_its_date",
            ),
            models.CheckConstraint(
                condition=models.Q(plan__in=[p.value for p in Plan]),
                name="workspace_plan_known",
            ),
            models.CheckConstraint(
                condition=models.Q(sso__in=Sso.values), name="workspace_sso_known"
            ),
            models.CheckConstraint(
                condition=models.Q(default_seat__in=[s.value for s in SeatType]),
                name="workspace_default_seat_known",
            ),
            models.CheckConstraint(
                condition=models.Q(seat_limit__isnull=True)
                | models.Q(seat_limit__gte=1),
                name="workspace_seat_limit_positive",
            ),
            # Target of composite keys: a row cannot point into another organization.
            models.UniqueConstraint(
                fields=["organization", "id"], name="workspace_in_organization"
            ),
            models.CheckConstraint(
                condition=models.Q(slug__regex=_SLUG), name="workspace_slug_shape"
            ),
        ]

    def __str__(self) -> str:
        return self.slug
