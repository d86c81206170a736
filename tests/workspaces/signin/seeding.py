"""The demo's organizations and people, as `seed_demo` makes them."""

from config.demo_idp import identity
from config.demo_idp.identity import Identity
from tests import cast
from tests.cast import NOON, OPERATOR
from workspaces.roles.matrix import Role
from workspaces.signin import demo, metadata
from workspaces.signin.services import connections, domains


def fill(itself: Identity) -> None:
    """Connect each organization to the bundled identity provider."""
    for one in demo.ORGANIZATIONS:
        people = [p for p in demo.PEOPLE if p.organization == one]
        owner = next(p for p in people if p.is_organization_owner)
        organization = cast.organization(one.slug, name=one.name, owner=owner.email)
        workspace = cast.workspace(
            organization,
            slug=one.workspace_slug,
            name=one.workspace_name,
            plan=one.plan,
        )
        for person in people:
            cast.person(workspace, person.email, Role(person.role), name=person.name)
        connections.configure(
            actor=OPERATOR,
            organization=organization,
            idp=metadata.identity_provider(identity.metadata(itself, one)),
            activate=True,
            at=NOON,
        )
        domains.verify(
            actor=OPERATOR,
            organization=organization,
            domain=one.domain,
            attested_by="demo",
            at=NOON,
        )
