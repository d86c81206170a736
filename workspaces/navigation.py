"""Where a person can go from here: the side bar, the switcher and their own links.

Every place names the permission that its view demands; a test compares the two.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from kit.actor import Actor
from kit.permissions import Permission
from workspaces.roles.matrix import Role, permissions_of
from workspaces.tenancy.plans import LABELS, Plan, Promises, of
from workspaces.tenancy.selectors import Access, Administration, OrganizationRef

Label = str | Promise


@dataclass(frozen=True, kw_only=True)
class Place:
    """One place of the side bar; `is_on` says on which plans it leads anywhere."""

    label: Label
    icon: str
    url_name: str
    permission: Permission
    is_on: Callable[[Promises], bool] = lambda _promised: True


@dataclass(frozen=True, kw_only=True)
class Item:
    """One place as the template shows it."""

    label: Label
    icon: str
    url: str
    is_current: bool
    count: str = ""


@dataclass(frozen=True, kw_only=True)
class Group:
    """Places under one heading."""

    label: Label
    items: list[Item]


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One tenant that the person may switch to."""

    label: str
    fact: str
    url: str
    is_current: bool


@dataclass(frozen=True, kw_only=True)
class Switcher:
    """The tenant in front of the person, and the others they may enter."""

    name: str
    fact: str
    choices: list[Choice]


_P = Permission
_HOME = Place(
    label=_("Overview"),
    icon="layout-dashboard",
    url_name="workspaces:overview",
    permission=_P.OVERVIEW_VIEW,
)
WORKSPACE: list[tuple[Label, list[Place]]] = [
    ("", [_HOME]),
    (
        _("People"),
        [
            Place(
                label=_("Members"),
                icon="users",
                url_name="workspaces:members-list",
                permission=_P.MEMBERS_VIEW,
            ),
            Place(
                label=_("Invitations"),
                icon="mail",
                url_name="workspaces:invitations-list",
                permission=_P.MEMBERS_VIEW,
            ),
            Place(
                label=_("Join requests"),
                icon="user-plus",
                url_name="workspaces:joining-list",
                permission=_P.MEMBERS_VIEW,
            ),
            Place(
                label=_("Groups"),
                icon="users-group",
                url_name="workspaces:groups-list",
                permission=_P.MEMBERS_VIEW,
            ),
            Place(
                label=_("Roles"),
                icon="shield-lock",
                url_name="workspaces:access-matrix",
                permission=_P.ROLES_VIEW,
            ),
            Place(
                label=_("SCIM"),
                icon="plug-connected",
                url_name="workspaces:scim-page",
                permission=_P.PROVISIONING_MANAGE,
            ),
            Place(
                label=_("API keys"),
                icon="key",
                url_name="workspaces:keys-list",
                permission=_P.KEYS_MANAGE,
            ),
        ],
    ),
    (
        _("Sharing"),
        [
            Place(
                label=_("GPTs"),
                icon="sparkles",
                url_name="workspaces:gpts-list",
                permission=_P.OWN_DATA,
                is_on=lambda promised: promised.has_chat,
            ),
            Place(
                label=_("GPT governance"),
                icon="adjustments",
                url_name="workspaces:gpts-governance",
                permission=_P.GPTS_VIEW,
            ),
            Place(
                label=_("Connectors"),
                icon="plug-connected",
                url_name="workspaces:connectors-list",
                permission=_P.CONNECTORS_VIEW,
            ),
            Place(
                label=_("Connections"),
                icon="link",
                url_name="workspaces:connections",
                permission=_P.OWN_DATA,
                is_on=lambda promised: promised.has_connectors,
            ),
        ],
    ),
    (
        _("Retention"),
        [
            Place(
                label=_("Policies"),
                icon="calendar-clock",
                url_name="retention:policies",
                permission=_P.POLICIES_VIEW,
            ),
            Place(
                label=_("Conversations"),
                icon="messages",
                url_name="retention:conversations",
                permission=_P.CONVERSATIONS_VIEW_METADATA,
            ),
            Place(
                label=_("Deletions"),
                icon="trash",
                url_name="retention:deletions",
                permission=_P.SWEEPS_VIEW,
            ),
            Place(
                label=_("Promise"),
                icon="shield-check",
                url_name="retention:promise",
                permission=_P.SWEEPS_VIEW,
            ),
            Place(
                label=_("Sweeps"),
                icon="recycle",
                url_name="retention:sweeps",
                permission=_P.SWEEPS_VIEW,
            ),
            Place(
                label=_("Holds"),
                icon="lock",
                url_name="retention:holds",
                permission=_P.HOLDS_VIEW,
            ),
            Place(
                label=_("Erasures"),
                icon="user",
                url_name="retention:erasures",
                permission=_P.MEMBERS_MANAGE,
            ),
        ],
    ),
    (
        _("Evidence"),
        [
            Place(
                label=_("Audit log"),
                icon="list-search",
                url_name="audit:workspace-entries",
                permission=_P.AUDIT_VIEW,
            ),
            Place(
                label=_("Exports"),
                icon="download",
                url_name="audit:workspace-exports",
                permission=_P.AUDIT_EXPORT,
            ),
            Place(
                label=_("Incidents"),
                icon="alert-octagon",
                url_name="audit:workspace-incidents",
                permission=_P.INCIDENTS_VIEW,
            ),
            Place(
                label=_("Integrity"),
                icon="shield-check",
                url_name="audit:workspace-integrity",
                permission=_P.AUDIT_VIEW,
            ),
            Place(
                label=_("Audit streams"),
                icon="broadcast",
                url_name="audit:workspace-streams",
                permission=_P.AUDIT_VIEW,
            ),
            Place(
                label=_("Receipts"),
                icon="certificate",
                url_name="retention:receipts",
                permission=_P.SWEEPS_VIEW,
            ),
        ],
    ),
    (
        _("Workspace"),
        [
            Place(
                label=_("Analytics"),
                icon="chart-bar",
                url_name="workspaces:analytics-page",
                permission=_P.ANALYTICS_VIEW,
            ),
            Place(
                label=_("Settings"),
                icon="settings",
                url_name="workspaces:settings-page",
                permission=_P.MEMBERS_VIEW,
            ),
        ],
    ),
]
ORGANIZATION: list[tuple[Label, list[Place]]] = [
    (
        _("Organization"),
        [
            Place(
                label=_("Audit log"),
                icon="list-search",
                url_name="audit:entries",
                permission=_P.AUDIT_VIEW,
            ),
            Place(
                label=_("Exports"),
                icon="download",
                url_name="audit:exports",
                permission=_P.AUDIT_EXPORT,
            ),
            Place(
                label=_("Incidents"),
                icon="alert-octagon",
                url_name="audit:incidents",
                permission=_P.INCIDENTS_VIEW,
            ),
            Place(
                label=_("Integrity"),
                icon="shield-check",
                url_name="audit:integrity",
                permission=_P.AUDIT_VIEW,
            ),
            Place(
                label=_("Audit streams"),
                icon="broadcast",
                url_name="audit:streams",
                permission=_P.AUDIT_VIEW,
            ),
            Place(
                label=_("30-day promise"),
                icon="shield-check",
                url_name="retention:organization-promise",
                permission=_P.ORGANIZATION_VIEW,
            ),
            Place(
                label=_("API keys"),
                icon="key",
                url_name="workspaces:organization-keys-list",
                permission=_P.KEYS_MANAGE,
            ),
            Place(
                label=_("Single sign-on"),
                icon="login-2",
                url_name="workspaces:sso",
                permission=_P.ORGANIZATION_VIEW,
            ),
            Place(
                label=_("Workspaces"),
                icon="building",
                url_name="workspaces:workspaces-list",
                permission=_P.ORGANIZATION_VIEW,
            ),
            Place(
                label=_("Domains"),
                icon="world-check",
                url_name="workspaces:domains",
                permission=_P.ORGANIZATION_VIEW,
            ),
            Place(
                label=_("Networks"),
                icon="world",
                url_name="workspaces:networks",
                permission=_P.ORGANIZATION_MANAGE,
            ),
            Place(
                label=_("Break-glass"),
                icon="shield-lock",
                url_name="workspaces:break-glass-owners",
                permission=_P.ORGANIZATION_MANAGE,
            ),
            Place(
                label=_("Outbox"),
                icon="mail",
                url_name="workspaces:outbox",
                permission=_P.ORGANIZATION_VIEW,
            ),
        ],
    )
]


def in_workspace(*, actor: Actor, slug: str, plan: str, path: str) -> list[Group]:
    """What the actor may open in the workspace, on its plan."""
    return _groups(WORKSPACE, actor, {"workspace": slug}, path, plan=plan)


def in_organization(*, actor: Actor, slug: str, path: str) -> list[Group]:
    """What the actor may open of the organization itself."""
    return _groups(ORGANIZATION, actor, {"organization": slug}, path)


def switcher(
    *,
    accesses: Iterable[Access],
    administrations: Iterable[Administration],
    workspace_id: int | None,
    organization: OrganizationRef | None,
) -> Switcher | None:
    """The tenants of the person, the one of this page first in name."""
    choices = [_of_workspace(access, workspace_id) for access in accesses]
    choices += [
        _of_organization(found, organization, is_alone=workspace_id is None)
        for found in administrations
    ]
    choices = [choice for choice in choices if choice.url]
    current = next((choice for choice in choices if choice.is_current), None)
    if current is None:
        return None
    return Switcher(name=current.label, fact=current.fact, choices=choices)


def entry_url(*, access: Access) -> str:
    """Where a member begins: the overview, else the first place that a role adds.

    Their own data where that is all.
    """
    plan, slug = access.workspace.plan, access.workspace.slug
    held = permissions_of(role=access.role, plan=plan, granted=access.granted)
    added = held - permissions_of(role=Role.MEMBER, plan=plan)
    for _label, places in WORKSPACE:
        for place in places:
            if place.permission in added and (
                url := url_of(place.url_name, workspace=slug)
            ):
                return url
    return url_of("retention:my-data")


def url_of(name: str, **names: str) -> str:
    """The address of a page, or nothing where this installation lacks it."""
    try:
        return reverse(name, kwargs=names)
    except NoReverseMatch:
        return ""


def _groups(
    table: list[tuple[Label, list[Place]]],
    actor: Actor,
    tenant: dict[str, str],
    path: str,
    *,
    plan: str = "",
) -> list[Group]:
    promised = of(plan) if plan else None
    open_to = [
        (label, place, url_of(place.url_name, **tenant))
        for label, places in table
        for place in places
        if actor.may(place.permission) and (promised is None or place.is_on(promised))
    ]
    # One place may lie below another: the page belongs to the closest one.
    leading = [u for _l, p, u in open_to if u and _leads(p, u, path)]
    current = max(leading, key=len, default="")
    groups = [
        Group(
            label=label,
            items=[
                Item(
                    label=place.label,
                    icon=place.icon,
                    url=url,
                    is_current=url == current,
                )
                for head, place, url in open_to
                if head is label and url
            ],
        )
        for label, _places in table
    ]
    return [group for group in groups if group.items]


def _leads(place: Place, url: str, path: str) -> bool:
    return path == url if place is _HOME else path.startswith(url)


def _of_workspace(access: Access, workspace_id: int | None) -> Choice:
    workspace = access.workspace
    return Choice(
        label=workspace.name,
        fact=_t("%s plan") % LABELS[Plan(workspace.plan)],
        url=entry_url(access=access),
        is_current=workspace.id == workspace_id,
    )


def _of_organization(
    found: Administration, organization: OrganizationRef | None, *, is_alone: bool
) -> Choice:
    return Choice(
        label=found.organization.name,
        fact=_t("Organization"),
        url=url_of("audit:entries", organization=found.organization.slug),
        is_current=is_alone and found.organization == organization,
    )
