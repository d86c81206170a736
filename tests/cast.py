"""The cast of the tests: organizations, workspaces and named people in them.

Made through the services, so that every test stands on what the product makes.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.test import Client

from kit import clock, scoping
from kit.actor import Actor
from workspaces.members import acting, services
from workspaces.members.models import Membership, User
from workspaces.roles.matrix import Role
from workspaces.signin.models import Method, SignInSession
from workspaces.signin.services import sessions
from workspaces.tenancy import selectors
from workspaces.tenancy.selectors import OrganizationRef, WorkspaceRef

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
OPERATOR = Actor.operator("tests")


@dataclass(frozen=True, kw_only=True)
class Person:
    """One person with the membership under which they act."""

    user: User
    membership: Membership
    workspace: WorkspaceRef

    @property
    def actor(self) -> Actor:
        """The person as the middleware would resolve them now."""
        found = selectors.accesses_of(user_id=self.user.pk)
        access = next(a for a in found if a.workspace.id == self.workspace.id)
        return acting.in_workspace(user=self.user, access=access)

    def client(self, **options: str) -> Client:
        """A browser in which the person has signed in."""
        return signed_in(
            self.user, organization_id=self.workspace.organization.id, **options
        )


def signed_in(
    user: User,
    *,
    organization_id: int,
    method: Method = Method.CODE,
    connection_id: int | None = None,
    **options: str,
) -> Client:
    """A browser in which somebody has signed in to an organization."""
    client = Client(**options)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    session = client.session
    at = clock.now()
    began = sessions.begin(
        session=session,
        organization_id=organization_id,
        user=user,
        method=method,
        connection_id=connection_id,
        ip="127.0.0.1",
        user_agent="Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0",
        at=at,
    )
    with scoping.organization(organization_id=organization_id):
        # Stories move the clock by weeks and keep their browsers.
        SignInSession.objects.filter(pk=began.pk).update(
            expires_at=at + timedelta(days=3650)
        )
    session.save()
    return client


def organization(
    slug: str = "halden-instruments",
    *,
    name: str = "Halden Instruments",
    owner: str = "mara.lindqvist@halden.example",
) -> OrganizationRef:
    """A tenant with its owner."""
    return services.create_organization(
        actor=OPERATOR, slug=slug, name=name, owner_email=owner, at=NOON
    )


def workspace(
    of: OrganizationRef | None = None,
    *,
    slug: str = "halden-engineering",
    name: str = "Halden Engineering",
    plan: str = "enterprise",
) -> WorkspaceRef:
    """A workspace, owned by its organization's owner."""
    return services.create_workspace(
        actor=OPERATOR,
        organization=of or organization(),
        slug=slug,
        name=name,
        plan=plan,
        at=NOON,
    )


def person(
    where: WorkspaceRef, email: str, role: Role = Role.MEMBER, *, name: str = ""
) -> Person:
    """A member of the workspace; who is in already is returned."""
    with scoping.workspace(
        workspace_id=where.id, organization_id=where.organization.id
    ):
        found = Membership.objects.filter(email=email).first() or services.add(
            actor=OPERATOR, workspace=where, email=email, role=role, name=name, at=NOON
        )
    user = User.objects.get(pk=found.user_id)
    return Person(user=user, membership=found, workspace=where)


def owner(where: WorkspaceRef) -> Person:
    """Mara Lindqvist, owner of Halden Engineering."""
    return person(where, "mara.lindqvist@halden.example", Role.OWNER)


def admin(where: WorkspaceRef) -> Person:
    """Tomasz Wrona, admin."""
    return person(where, "tomasz.wrona@halden.example", Role.ADMIN)


def officer(where: WorkspaceRef) -> Person:
    """Ife Adeyemi, compliance officer."""
    return person(where, "ife.adeyemi@halden.example", Role.COMPLIANCE_OFFICER)


def analyst(where: WorkspaceRef) -> Person:
    """Noor Haddad, analytics viewer."""
    return person(where, "noor.haddad@halden.example", Role.ANALYTICS_VIEWER)


def member(where: WorkspaceRef) -> Person:
    """Jun Takahashi, member."""
    return person(where, "jun.takahashi@halden.example")


def elsewhere() -> WorkspaceRef:
    """A workspace of another organization, with another owner."""
    other = organization(
        "brennan-foods", name="Brennan Foods", owner="sol.ortega@brennan.example"
    )
    return workspace(other, slug="brennan-office", name="Brennan Office")
