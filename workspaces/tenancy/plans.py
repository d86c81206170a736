"""The table of promises: what each plan allows, as data that every slice asks."""

from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Plan(StrEnum):
    """The plans a workspace can be on; the value is stored with content."""

    TEAM = "team"
    ENTERPRISE = "enterprise"
    EDU = "edu"
    API = "api"


LABELS: dict[Plan, str | Promise] = {
    Plan.TEAM: _("Team"),
    Plan.ENTERPRISE: _("Enterprise"),
    Plan.EDU: _("Edu"),
    Plan.API: _("API platform"),
}


class RetentionSetter(StrEnum):
    """Who decides how long conversations live."""

    MEMBER = "member"
    ADMINS = "admins"
    FIXED = "fixed"


@dataclass(frozen=True, kw_only=True)
class Promises:
    """One plan's row of the table."""

    retention_setter: RetentionSetter
    fixed_retention_days: int | None
    default_undo_days: int
    has_compliance_api: bool
    admins_may_export_content: bool
    has_chat: bool
    connectors_on_by_default: bool
    has_connectors: bool
    purge_limit_days: int = 30
    trains_by_default: bool = False
    history_off_days: int = 30


_MANAGED = Promises(
    retention_setter=RetentionSetter.ADMINS,
    fixed_retention_days=None,
    default_undo_days=7,
    has_compliance_api=True,
    admins_may_export_content=True,
    has_chat=True,
    connectors_on_by_default=False,
    has_connectors=True,
)

PROMISES: dict[Plan, Promises] = {
    Plan.TEAM: Promises(
        retention_setter=RetentionSetter.MEMBER,
        fixed_retention_days=None,
        default_undo_days=7,
        has_compliance_api=False,
        admins_may_export_content=False,
        has_chat=True,
        connectors_on_by_default=True,
        has_connectors=True,
    ),
    Plan.ENTERPRISE: _MANAGED,
    Plan.EDU: _MANAGED,
    Plan.API: Promises(
        retention_setter=RetentionSetter.FIXED,
        fixed_retention_days=30,
        default_undo_days=0,
        has_compliance_api=False,
        admins_may_export_content=False,
        has_chat=False,
        connectors_on_by_default=False,
        has_connectors=False,
    ),
}


def of(plan: str) -> Promises:
    """The row of `plan`; an unknown plan is a ValueError."""
    return PROMISES[Plan(plan)]
