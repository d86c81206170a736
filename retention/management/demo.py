"""Fills an empty installation with the demo: two organizations, people, conversations.

Every step goes through the services, so the log of the demo begins with its own
making. Run again, it finds what exists and adds nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings

from audit.recording import Target, record
from kit import scoping
from kit.actor import Actor, ActorKind
from kit.permissions import Permission
from retention.holds import services as holds
from retention.holds.models import Hold
from retention.management import (
    demo_connectors,
    demo_gpts,
    demo_people,
    demo_projects,
    demo_roles,
)
from retention.policies import services as policies
from retention.policies.selectors import versions_of
from workspaces.content.formats.registry import Format
from workspaces.content.models import Conversation
from workspaces.content.rules import Spread
from workspaces.content.services import ImportOptions, import_conversations
from workspaces.members.models import Membership
from workspaces.members.services import ensure_person, founding, membership
from workspaces.signin import metadata
from workspaces.signin.demo import (
    HALDEN,
    ORGANIZATIONS,
    PEOPLE,
    DemoOrganization,
    DemoPerson,
)
from workspaces.signin.services import connections, domains
from workspaces.tenancy import services as tenancy
from workspaces.tenancy.selectors import WorkspaceRef

_SAMPLES = settings.BASE_DIR / "tests" / "data"
CONVERSATIONS = _SAMPLES / "demo-conversations.jsonl.gz"
ATTACHMENTS = _SAMPLES / "demo-attachments.zip"  # conversations with their files
POLICY_DAYS = 365
SPREAD_DAYS = 400

Say = Callable[[str], None]

_COLLEAGUES = {
    "halden": (
        "Elena Marsh, Noor Castell, Viktor Hale, Priya Raman, Anders Holm,"
        " Chidi Okafor, Lucia Ferrer, Kenji Mori, Sofia Brandt, Omar Haddad,"
        " Greta Nilsen, Pavel Dvorak, Amara Diallo, Rosa Lindgren, Tariq Aziz,"
        " Maya Feld, Jonas Weber, Ines Duarte, Leo Marchetti, Hana Sato, Nils"
        " Berg, Zoe Carter, Emil Novak, Farah Khan, Oskar Lund, Bianca Rossi,"
        " Samir Patel, Freya Dahl, Mateo Cruz, Ida Solberg, Rafael Costa, Mina"
        " Park, Theo Laurent, Asha Verma, Lars Eriksen, Nadia Petrova, Hugo"
        " Keller, Salma Idris, Ruben Vos, Clara Jensen, Yusuf Demir, Eva Horvat"
    ),
    "brightwater": (
        "Agnes Field, Milo Grant, Petra Lang, Daniel Osei, Wanda Kowal, Iris"
        " Bloom, Kofi Mensah, Anton Reyes"
    ),
}
_MATTERS = (
    ("Brennan v. Halden", ("elena.marsh", "viktor.hale")),
    ("Supplier audit 2026", ("priya.raman",)),
)


@dataclass(frozen=True, kw_only=True)
class Seeded:
    """What the demo holds after the command."""

    organizations: int
    members: int
    conversations: int


def seed(*, actor: Actor, at: datetime, say: Say) -> Seeded:
    """Makes the demo, or completes one that was interrupted."""
    workspaces = [_tenant(organization, actor, at) for organization in ORGANIZATIONS]
    say("organizations, sign-in and workspaces are there")
    for organization, workspace in zip(ORGANIZATIONS, workspaces, strict=True):
        _people(organization, workspace, actor, at)
    say("members are in")
    stored = sum(
        _conversations(organization, workspace, actor, at)
        for organization, workspace in zip(ORGANIZATIONS, workspaces, strict=True)
    )
    say("conversations are imported")
    for organization, workspace in zip(ORGANIZATIONS, workspaces, strict=True):
        if organization is HALDEN:
            demo_roles.seed(actor=actor, workspace=workspace, at=at)
            demo_gpts.seed(workspace=workspace, at=at)
            demo_projects.seed(workspace=workspace, at=at)
            demo_people.seed(actor=actor, workspace=workspace, at=at)
            _retention(workspace, actor, at)
            demo_connectors.seed(
                workspace=workspace, owner=_owner(organization), actor=actor, at=at
            )
    say("policy and holds are in force")
    return Seeded(
        organizations=len(ORGANIZATIONS),
        members=sum(len(_addresses(o)) for o in ORGANIZATIONS),
        conversations=stored,
    )


def _owner(organization: DemoOrganization) -> str:
    """The address of who owns the organization."""
    return next(
        p.email
        for p in PEOPLE
        if p.organization is organization and p.is_organization_owner
    )


def _tenant(organization: DemoOrganization, actor: Actor, at: datetime) -> WorkspaceRef:
    owner = next(
        p for p in PEOPLE if p.organization is organization and p.is_organization_owner
    )
    ensure_person(email=owner.email, name=owner.name, at=at)
    founded = founding.create_organization(
        actor=actor,
        slug=organization.slug,
        name=organization.name,
        owner_email=owner.email,
        at=at,
    )
    domains.verify(
        actor=actor,
        organization=founded,
        domain=organization.domain,
        attested_by="demo",
        at=at,
    )
    file = Path(settings.CUSTOS_HOME) / "demo-idp" / f"{organization.slug}.xml"
    connections.configure(
        actor=actor,
        organization=founded,
        idp=metadata.identity_provider(file.read_bytes()),
        activate=True,
        at=at,
    )
    workspace = founding.create_workspace(
        actor=actor,
        organization=founded,
        slug=organization.workspace_slug,
        name=organization.workspace_name,
        plan=organization.plan,
        at=at,
    )
    tenancy.set_policy_grace(actor=actor, workspace=workspace, hours=0, at=at)
    return workspace


def _people(
    organization: DemoOrganization,
    workspace: WorkspaceRef,
    actor: Actor,
    at: datetime,
) -> None:
    named = {p.email: p for p in PEOPLE if p.organization is organization}
    known = _known(workspace)
    for email, name in _addresses(organization).items():
        if email in known:
            continue
        person: DemoPerson | None = named.get(email)
        membership.add(
            actor=actor,
            workspace=workspace,
            email=email,
            name=name,
            role=person.role if person else "member",
            at=at,
        )


def _known(workspace: WorkspaceRef) -> set[str]:
    """Who is in or was: a visitor may have given them another role or removed them."""
    with scoping.workspace(
        workspace_id=workspace.id, organization_id=workspace.organization.id
    ):
        return set(Membership.objects.values_list("email", flat=True))


def _conversations(
    organization: DemoOrganization,
    workspace: WorkspaceRef,
    actor: Actor,
    at: datetime,
) -> int:
    if already := _stored(workspace):
        return already
    spread = Spread(first=at - timedelta(days=SPREAD_DAYS), last=at)
    result = import_conversations(
        actor=actor,
        workspace=workspace,
        files=[CONVERSATIONS, ATTACHMENTS],
        at=at,
        options=ImportOptions(
            form=Format.JSONL,
            assign_owners=tuple(_addresses(organization)),
            spread=spread,
        ),
    )
    return result.conversations


def _stored(workspace: WorkspaceRef) -> int:
    with scoping.workspace(
        workspace_id=workspace.id, organization_id=workspace.organization.id
    ):
        return Conversation.objects.filter(staged_by__isnull=True).count()


def _retention(workspace: WorkspaceRef, actor: Actor, at: datetime) -> None:
    """One year, with no undo window for expiry, so that a visitor sees a sweep.

    What a visitor has set or released since stays as it is.
    """
    with scoping.workspace(
        workspace_id=workspace.id, organization_id=workspace.organization.id
    ):
        if not versions_of(workspace=workspace):
            policies.set_policy(
                actor=actor,
                workspace=workspace,
                days=POLICY_DAYS,
                undo_days=0,
                reason="Demonstration",
                at=at,
            )
        if not Hold.objects.exists():
            _holds(workspace, at)
            record(
                actor=actor,
                action="workspaces.demo.seeded",
                target=Target(kind="workspace", id=workspace.public_id),
                organization_id=workspace.organization.id,
                workspace=workspace.public_id,
                at=at,
            )


def _holds(workspace: WorkspaceRef, at: datetime) -> None:
    for matter, people in _MATTERS:
        emails = [f"{person}@{HALDEN.domain}" for person in people]
        members = Membership.objects.filter(email__in=emails).order_by("id")
        holds.place(
            actor=_compliance_officer(workspace),
            workspace=workspace,
            matter=matter,
            membership_ids=list(members.values_list("pk", flat=True)),
            at=at,
        )


def _compliance_officer(workspace: WorkspaceRef) -> Actor:
    """The demo's compliance officer places its holds, as the log then says."""
    officer = next(p for p in PEOPLE if p.role == "compliance_officer")
    member = Membership.objects.select_related("user").get(email=officer.email)
    return Actor(
        kind=ActorKind.USER,
        id=str(member.user.public_id),
        label=officer.email,
        organization_id=workspace.organization.id,
        workspace_id=workspace.id,
        membership_id=member.pk,
        role=officer.role,
        permissions=frozenset({Permission.HOLDS_MANAGE}),
    )


def _addresses(organization: DemoOrganization) -> dict[str, str]:
    """Everyone's address and name, the offered people first."""
    people = {p.email: p.name for p in PEOPLE if p.organization is organization}
    names = [name.strip() for name in _COLLEAGUES[organization.slug].split(",")]
    for name in names:
        local = name.lower().replace(" ", ".")
        people[f"{local}@{organization.domain}"] = name
    return people
