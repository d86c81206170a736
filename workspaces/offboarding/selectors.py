"""What offboarding did in the workspace whose scope is open."""

from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from kit.refusals import Refused
from workspaces.members.models import Membership
from workspaces.offboarding.models import DepartureCall, OffboardingReport


class UnknownReport(Refused):
    """There is no such report here."""

    status = 404


@dataclass(frozen=True, kw_only=True)
class Calls:
    """How far the calls of a report are."""

    made: int
    waiting: int
    given_up: int

    @property
    def total(self) -> int:
        return self.made + self.waiting + self.given_up


def report(*, public_id: UUID) -> OffboardingReport:
    """The report with that id."""
    found = OffboardingReport.objects.filter(public_id=public_id).first()
    if found is None:
        raise UnknownReport(_("There is no such report in this workspace."))
    return found


def report_of(*, membership: Membership) -> OffboardingReport | None:
    """The report of how that membership ended, if offboarding ended it."""
    return OffboardingReport.objects.filter(
        membership_id=membership.pk, generation=membership.generation
    ).first()


def calls_of(*, report: OffboardingReport) -> Calls:
    """The calls that the report left to be made."""
    rows = list(
        DepartureCall.objects.filter(report_id=report.pk).values_list(
            "made_at", "given_up_at"
        )
    )
    made = sum(1 for made_at, _up in rows if made_at)
    given_up = sum(1 for _at, up in rows if up)
    return Calls(made=made, waiting=len(rows) - made - given_up, given_up=given_up)
