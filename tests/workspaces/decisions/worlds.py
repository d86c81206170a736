"""Fills a workspace with members, groups and custom roles by chance."""

from dataclasses import dataclass
from random import Random

from kit import scoping
from tests import cast
from tests.cast import NOON
from workspaces.access.features import Feature, Kind, Value, kind_of, levels_of
from workspaces.access.models import Baseline, CustomRole, RoleAssignment, RoleSetting
from workspaces.groups.models import Group, GroupMember
from workspaces.members.models import Membership, MembershipStatus
from workspaces.tenancy.seats import SeatType
from workspaces.tenancy.selectors import WorkspaceRef

MODELS = ("gpt-5", "o4-mini", "house-7b")


def fill(where: WorkspaceRef, *, seed: int, people: int = 12) -> list[Membership]:
    """Who is in afterwards, each with a status, a seat, groups and roles of theirs."""
    chance = Random(seed)
    for number in range(people):
        cast.person(where, f"person-{number}@halden.example")
    with scoping.workspace(
        workspace_id=where.id, organization_id=where.organization.id
    ):
        for feature in chance.sample(list(Feature), 8):
            Baseline.objects.create(workspace_id=where.id, **_row(feature, chance))
        roles = [_role(where, f"Role {number}", chance) for number in range(5)]
        groups = [_group(where, f"Group {number}") for number in range(4)]
        for group in groups:
            _assign(where, chance.choice(roles), group=group)
        members = list(Membership.objects.order_by("pk"))
        for member in members:
            _place(where, member, groups, roles, chance)
        return members


@dataclass(frozen=True, kw_only=True)
class Given:
    """The ids of the roles and groups of a workspace."""

    role_ids: list[int]
    group_ids: list[int]


def given(where: WorkspaceRef) -> Given:
    """What a connector or a GPT can be given to."""
    with scoping.workspace(
        workspace_id=where.id, organization_id=where.organization.id
    ):
        return Given(
            role_ids=list(CustomRole.objects.values_list("pk", flat=True)),
            group_ids=list(Group.objects.values_list("pk", flat=True)),
        )


def _place(
    where: WorkspaceRef,
    member: Membership,
    groups: list[Group],
    roles: list[CustomRole],
    chance: Random,
) -> None:
    if member.role != "owner":
        member.status = chance.choice([MembershipStatus.ACTIVE] * 5 + ["suspended"])
        member.seat = chance.choice([SeatType.CHAT] * 4 + [SeatType.CODE])
        member.save(update_fields=["status", "seat"])
    for group in chance.sample(groups, chance.randrange(3)):
        GroupMember.objects.create(
            workspace_id=where.id,
            group=group,
            subject=member.public_id,
            membership=member,
        )
    for role in chance.sample(roles, chance.choice([0, 0, 1, 2])):
        _assign(where, role, membership=member)


def _role(where: WorkspaceRef, name: str, chance: Random) -> CustomRole:
    made = CustomRole.objects.create(
        workspace_id=where.id, name=name, folded_name=name.lower(), created_at=NOON
    )
    for feature in chance.sample(list(Feature), chance.randrange(len(Feature))):
        RoleSetting.objects.create(
            workspace_id=where.id, role=made, **_row(feature, chance)
        )
    return made


def _group(where: WorkspaceRef, name: str) -> Group:
    return Group.objects.create(
        workspace_id=where.id,
        name=name,
        folded_name=name.lower(),
        source="portal",
        created_at=NOON,
    )


def _assign(where: WorkspaceRef, role: CustomRole, **whom: object) -> None:
    RoleAssignment.objects.create(
        workspace_id=where.id, role=role, assigned_at=NOON, **whom
    )


def _row(feature: Feature, chance: Random) -> dict[str, object]:
    value: Value = chance.choice(levels_of(feature))
    if kind_of(feature) is Kind.SET:
        names = chance.sample(MODELS, chance.randrange(len(MODELS) + 1))
        return {"feature": feature.value, "value": "", "names": sorted(names)}
    return {"feature": feature.value, "value": value, "names": None}
