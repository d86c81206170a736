"""The people, organizations and workspaces of the demo, as plain data.

The seed command, the landing page and the bundled identity provider read this one
table, so it imports nothing.
"""

from dataclasses import dataclass

# Stable over restarts and ports, since links of identities belong to it.
ENTITY_ID = "https://demo-idp.example/idp/{slug}"
IDP_NAME = "Demo identity provider"


@dataclass(frozen=True, kw_only=True)
class DemoOrganization:
    """An organization of the demo with its one workspace."""

    slug: str
    name: str
    domain: str
    workspace_slug: str
    workspace_name: str
    plan: str

    @property
    def entity_id(self) -> str:
        """The entity ID under which the bundled identity provider serves it."""
        return ENTITY_ID.format(slug=self.slug)


@dataclass(frozen=True, kw_only=True)
class DemoPerson:
    """A person whom the landing page offers; `role` is that in the workspace."""

    email: str
    first_name: str
    last_name: str
    organization: DemoOrganization
    role: str
    title: str
    sees: str
    is_organization_owner: bool = False

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}"

    @property
    def name_id(self) -> str:
        """The name that the identity provider has for the person; it never changes."""
        return f"demo-{self.email.partition('@')[0]}"


HALDEN = DemoOrganization(
    slug="halden",
    name="Halden Instruments",
    domain="halden.example",
    workspace_slug="halden-engineering",
    workspace_name="Halden Engineering",
    plan="enterprise",
)
BRIGHTWATER = DemoOrganization(
    slug="brightwater",
    name="Brightwater Press",
    domain="brightwater.example",
    workspace_slug="brightwater-editorial",
    workspace_name="Brightwater Editorial",
    plan="team",
)

ORGANIZATIONS = (HALDEN, BRIGHTWATER)
PEOPLE = (
    DemoPerson(
        email="mara.lindqvist@halden.example",
        first_name="Mara",
        last_name="Lindqvist",
        organization=HALDEN,
        role="owner",
        title="Owner",
        sees="Members, retention, sweeps and the audit log",
        is_organization_owner=True,
    ),
    DemoPerson(
        email="ife.adeyemi@halden.example",
        first_name="Ife",
        last_name="Adeyemi",
        organization=HALDEN,
        role="compliance_officer",
        title="Compliance officer",
        sees="Legal holds, evidence and receipts",
    ),
    DemoPerson(
        email="jun.takahashi@halden.example",
        first_name="Jun",
        last_name="Takahashi",
        organization=HALDEN,
        role="member",
        title="Member",
        sees="Own conversations, and what happens to them",
    ),
    DemoPerson(
        email="tomasz.wrona@brightwater.example",
        first_name="Tomasz",
        last_name="Wrona",
        organization=BRIGHTWATER,
        role="owner",
        title="Owner",
        sees="Another organization: nothing of Halden is there",
        is_organization_owner=True,
    ),
)
