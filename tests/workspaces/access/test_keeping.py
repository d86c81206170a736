"""Making, renaming and deleting custom roles."""

import pytest
from django.test import Client

from kit.permissions import Permission, PermissionDenied
from tests import cast
from tests.cast import NOON, Person
from tests.workspaces.access.making import a_group, a_role, assign, opened, recorded
from workspaces.access import services
from workspaces.access.models import CustomRole
from workspaces.access.services import keeping
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = pytest.mark.django_db

NEW = "/w/halden-engineering/roles/new/"


@pytest.fixture
def where() -> WorkspaceRef:
    return cast.workspace()


@pytest.fixture
def owner(where: WorkspaceRef) -> Client:
    return cast.owner(where).client()


@pytest.fixture
def jun(where: WorkspaceRef) -> Person:
    return cast.member(where)


def names(where: WorkspaceRef) -> list[str]:
    with opened(where):
        return list(CustomRole.objects.order_by("id").values_list("name", flat=True))


def test_a_new_role_leads_to_its_settings(where: WorkspaceRef, owner: Client) -> None:
    answer = owner.post(NEW, {"name": " Researchers ", "purpose": "For the lab"})

    assert answer.status_code == 302
    assert answer["location"].endswith("/settings/")
    assert names(where) == ["Researchers"]
    assert recorded(where) == (
        "workspaces.custom_role.created",
        {"name": [None, "Researchers"], "purpose": [None, "For the lab"]},
    )


@pytest.mark.parametrize(
    ("name", "status", "sentence"),
    [
        ("", 422, "Give the role a name."),
        ("RESEARCHERS", 409, "is named “RESEARCHERS” already"),
        ("\u202eevil", 422, "cannot be seen"),
        ("x" * 201, 422, "200"),
    ],
)
def test_a_bad_name_is_refused(
    where: WorkspaceRef, owner: Client, name: str, status: int, sentence: str
) -> None:
    a_role(where, "Researchers")

    answer = owner.post(NEW, {"name": name, "purpose": ""})

    assert answer.status_code == status
    assert sentence in answer.content.decode()
    assert names(where) == ["Researchers"]


def test_there_are_a_hundred_at_most(
    where: WorkspaceRef, owner: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "MOST_ROLES", 1)
    a_role(where, "Researchers")

    answer = owner.post(NEW, {"name": "Night shift", "purpose": ""})

    assert answer.status_code == 409
    assert names(where) == ["Researchers"]


def test_a_renamed_role_keeps_what_it_gives(where: WorkspaceRef, owner: Client) -> None:
    role = a_role(where, "Researchers", MEMORY_USE="off")

    answer = owner.post(
        f"/w/halden-engineering/roles/{role.public_id}/rename/",
        {"name": "Research", "purpose": ""},
    )

    assert answer.status_code == 302
    assert names(where) == ["Research"]
    assert recorded(where) == (
        "workspaces.custom_role.renamed",
        {"name": ["Researchers", "Research"]},
    )


def test_before_deletion_everybody_who_loses_is_counted(
    where: WorkspaceRef, owner: Client, jun: Person
) -> None:
    role = a_role(where, "Researchers", grants=("holds.view",), LINK_SHARING="on")
    assign(where, role, membership=jun.membership)

    page = owner.get(
        f"/w/halden-engineering/roles/{role.public_id}/delete/"
    ).content.decode()

    assert "Share conversations by link" in page
    assert "See legal holds" in page
    assert page.count("1 member loses it.") == 2


def test_a_deleted_role_is_gone_everywhere(
    where: WorkspaceRef, owner: Client, jun: Person
) -> None:
    role = a_role(where, "Researchers", grants=("holds.view",), LINK_SHARING="on")
    assign(where, role, membership=jun.membership)
    assign(where, role, group=a_group(where, "Lab"))
    url = f"/w/halden-engineering/roles/{role.public_id}/delete/"

    wrong = owner.post(url, {"typed_name": "researchers"})
    still = names(where)
    right = owner.post(url, {"typed_name": "Researchers"})

    assert (wrong.status_code, still) == (422, ["Researchers"])
    assert (right.status_code, names(where)) == (302, [])
    assert not jun.actor.may(Permission.HOLDS_VIEW)
    assert recorded(where) == (
        "workspaces.custom_role.deleted",
        {
            "name": ["Researchers", None],
            "grants": [["holds.view"], []],
            "link_sharing.use": ["on", None],
        },
    )


def test_only_owners_make_roles(where: WorkspaceRef) -> None:
    tomasz = cast.admin(where).actor

    with pytest.raises(PermissionDenied):
        services.create(actor=tomasz, workspace=where, name="Mine", purpose="", at=NOON)
