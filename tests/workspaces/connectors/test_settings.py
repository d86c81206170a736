"""Setting a connector up: what is saved, recorded, refused, and cut."""

from datetime import date
from typing import Any

import pytest

from audit.log.models import AuditEntry
from kit.permissions import PermissionDenied
from tests import cast
from tests.cast import NOON, Person
from tests.workspaces.connectors.conftest import SetUp, linked, opened
from tests.workspaces.connectors.test_decide import _group as made_group
from tests.workspaces.connectors.test_decide import _role as made_role
from workspaces.access.models import RoleAssignment
from workspaces.connectors import selectors, services
from workspaces.connectors.models import Connector, ConnectorGrant
from workspaces.connectors.services import BadSetting, ClientIsInUse
from workspaces.members.addresses import BadDomain
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = pytest.mark.django_db


def actions(where: WorkspaceRef) -> list[str]:
    with opened(where):
        leaves = AuditEntry.objects.order_by("id").values_list("leaf", flat=True)
        return [
            word
            for leaf in leaves
            for word in ("connector.changed", "connector.grants-cut", "client-set")
            if word in bytes(leaf).decode()
        ]


def stored(where: WorkspaceRef, slug: str = "google-drive") -> Connector:
    with opened(where):
        return Connector.objects.get(slug=slug)


def test_settings_are_saved_in_one_spelling(where: WorkspaceRef, set_up: SetUp) -> None:
    owner = cast.admin(where).membership

    set_up(
        action_control="custom",
        chosen_actions=("files.read",),
        new_actions="read_only",
        domains=("Halden.Example", "münchen.example", "halden.example"),
        owner_id=owner.pk,
        risk="high",
        review_on=date(2026, 9, 1),
    )

    row = stored(where)
    assert row.domains == ["halden.example", "xn--mnchen-3ya.example"]
    assert row.chosen_actions == ["files.read"]
    assert "files.delete" in row.known_actions
    assert (row.owner_id, row.risk) == (owner.pk, "high")
    assert actions(where) == ["connector.changed"]


def test_nothing_changed_is_not_recorded(where: WorkspaceRef, set_up: SetUp) -> None:
    set_up()
    set_up()

    assert actions(where) == ["connector.changed"]


def test_a_preview_says_what_would_change_and_changes_nothing(
    where: WorkspaceRef, jun: Person, set_up: SetUp
) -> None:
    set_up()
    linked(jun)
    with opened(where):
        wanted = services.wanted_of(selectors.one(connector="google-drive"))
        off = services.Wanted(**{**vars(wanted), "is_allowed": False})

        preview = services.preview(connector="google-drive", wanted=off)

    assert preview.changes == {"is_allowed": (True, False)}
    assert preview.cuts == 1
    assert stored(where).is_allowed
    with opened(where):
        assert ConnectorGrant.objects.get().ended_at is None


def test_turning_off_cuts_every_grant(
    where: WorkspaceRef, jun: Person, set_up: SetUp
) -> None:
    set_up()
    linked(jun)
    linked(cast.officer(where))

    cut = set_up(is_allowed=False)

    assert cut is not None
    assert actions(where)[-1] == "connector.grants-cut"
    with opened(where):
        rows = list(ConnectorGrant.objects.all())
        assert [(row.end, row.cut_id) for row in rows] == [("cut", cut.pk)] * 2
        assert all(row.revoke_due_at == NOON for row in rows)
        assert selectors.at_source(cut=cut).waiting == 2


def test_an_app_without_revocation_forgets_tokens_at_once(
    where: WorkspaceRef, jun: Person, set_up: SetUp
) -> None:
    set_up("jira")
    linked(jun, "jira")

    cut = set_up("jira", is_allowed=False)

    with opened(where):
        row = ConnectorGrant.objects.get()
        assert bytes(row.sealed_tokens) == b""
        assert row.revoke_due_at is None
        assert cut is not None
        assert selectors.at_source(cut=cut).not_offered == 1


def test_narrowing_domains_cuts_the_others_only(
    where: WorkspaceRef, jun: Person, set_up: SetUp
) -> None:
    set_up()
    kept, gone = linked(jun), linked(cast.officer(where), domain="gmail.example")

    set_up(domains=("halden.example",))

    with opened(where):
        ended = ConnectorGrant.objects.filter(ended_at__isnull=False)
        assert [row.pk for row in ended] == [gone.pk]
        assert kept.pk != gone.pk


def test_narrowing_to_groups_and_roles_cuts_who_is_in_neither(
    where: WorkspaceRef, jun: Person, set_up: SetUp
) -> None:
    set_up()
    group, role = made_group(where, jun), made_role(where)
    direct, outside = cast.officer(where), cast.analyst(where)
    with opened(where):
        RoleAssignment.objects.create(
            workspace_id=where.id,
            role=role,
            membership=direct.membership,
            assigned_at=NOON,
        )
    for person in (jun, direct, outside):
        linked(person)

    set_up(group_ids=(group.pk,), role_ids=(role.pk,))

    with opened(where):
        ended = ConnectorGrant.objects.filter(ended_at__isnull=False)
        assert [row.membership_id for row in ended] == [outside.membership.pk]
        RoleAssignment.objects.all().delete()
        RoleAssignment.objects.create(
            workspace_id=where.id, role=role, group=group, assigned_at=NOON
        )
    # Through its group Jun has the role; nobody else has it any more.
    set_up(group_ids=(), role_ids=(role.pk,))
    with opened(where):
        kept = ConnectorGrant.objects.get(ended_at__isnull=True)
        assert kept.membership_id == jun.membership.pk


@pytest.mark.parametrize(
    ("wanted", "refusal"),
    [
        ({"role_ids": (99,)}, BadSetting),
        ({"group_ids": (99,)}, BadSetting),
        ({"owner_id": 99}, BadSetting),
        (
            {"action_control": "custom", "chosen_actions": ("files.burn",)},
            BadSetting,
        ),
        ({"domains": ("not a domain",)}, BadDomain),
        ({"domains": tuple(f"d{n}.example" for n in range(101))}, BadSetting),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(
    where: WorkspaceRef, set_up: SetUp, wanted: dict[str, Any], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        set_up(**wanted)

    with opened(where):
        assert not Connector.objects.filter(is_allowed=True).exists()


def test_groups_of_another_workspace_are_not_there(
    where: WorkspaceRef, set_up: SetUp
) -> None:
    from tests.test_tenants import _group
    from workspaces.groups.models import Group

    other = cast.elsewhere()
    _group(other)
    with opened(other):
        theirs = Group.objects.get().pk

    with pytest.raises(BadSetting):
        set_up(group_ids=(theirs,))


def test_members_and_officers_change_nothing(where: WorkspaceRef, jun: Person) -> None:
    for person in (jun, cast.officer(where)):
        with pytest.raises(PermissionDenied):
            services.set_default_ask(
                actor=person.actor, workspace=where, ask="never", at=NOON
            )


def test_the_workspace_sets_what_is_asked_before(where: WorkspaceRef) -> None:
    admin = cast.admin(where).actor
    services.set_default_ask(actor=admin, workspace=where, ask="never", at=NOON)

    with opened(where):
        assert selectors.default_ask() == "never"
    with pytest.raises(BadSetting):
        services.set_default_ask(actor=admin, workspace=where, ask="maybe", at=NOON)


def test_the_secret_of_our_client_is_sealed(where: WorkspaceRef) -> None:
    _client(where, "client", "only-for-tests")

    assert b"only-for-tests" not in bytes(stored(where).sealed_secret)
    with opened(where):
        app = selectors.app_of(selectors.one(connector="google-drive"))
    assert app.secret == "only-for-tests"
    assert actions(where) == ["client-set"]


def test_a_secret_is_needed_and_then_kept(where: WorkspaceRef) -> None:
    with pytest.raises(BadSetting):
        _client(where, "client", "")
    _client(where, "client", "only-for-tests")

    _client(where, "client", "")

    with opened(where):
        app = selectors.app_of(selectors.one(connector="google-drive"))
    assert app.secret == "only-for-tests"


def test_a_client_with_grants_is_not_replaced(
    where: WorkspaceRef, jun: Person, set_up: SetUp
) -> None:
    _client(where, "client", "only-for-tests")
    set_up()
    linked(jun)

    with pytest.raises(ClientIsInUse):
        _client(where, "another", "only-for-tests")
    _client(where, "client", "rotated")


def _client(where: WorkspaceRef, client_id: str, secret: str) -> None:
    services.set_client(
        actor=cast.admin(where).actor,
        workspace=where,
        connector="google-drive",
        client_id=client_id,
        secret=secret,
        at=NOON,
    )
