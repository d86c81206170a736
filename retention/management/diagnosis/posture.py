"""Examines settings and libraries: production posture, and strict sign-in."""

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.core.checks import CheckMessage, run_checks

from kit import scoping
from retention.management.diagnosis.findings import (
    Finding,
    Probe,
    asked,
    bad,
    ok,
    warn,
)
from workspaces.signin import selectors
from workspaces.tenancy.models import Organization, Sso, Workspace

_SIGN_IN = "signin."
_TRANSPORT = "security."


def sign_in(_at: datetime) -> Finding:
    """One libxml2, strict allauth, and signatures that are refused when weak."""
    found = run_checks(tags=["signin"], include_deployment_checks=True)
    if not found:
        return ok("Sign-in is strict, and its signature self-test passes.")
    way_out = "Install the pinned requirements, and undo the setting."
    return bad(_sentences(found), way_out=way_out)


def address(_at: datetime) -> Finding:
    """People reach the portal through TLS, and see no debug page."""
    if settings.DEBUG:
        return bad("Debug pages are on.", way_out="Unset CUSTOS_DEBUG, and restart.")
    if settings.CUSTOS_BASE_URL.startswith("https://"):
        return ok(
            f"People reach {settings.CUSTOS_BASE_URL}. Whether the proxy there limits"
            " the connections of one address cannot be seen from here."
        )
    sentence = (
        f"{settings.CUSTOS_BASE_URL} is not https: cookies travel in clear, and nothing"
        " limits the connections of one address."
    )
    way_out = (
        "End TLS in a proxy in front, as docs/operations.md says, and set"
        " CUSTOS_BASE_URL to its address."
    )
    tell = warn if settings.CUSTOS_DEMO else bad
    return tell(sentence, way_out=way_out)


def demo(_at: datetime) -> Finding:
    """The demo's doors are closed where data is real."""
    if not settings.CUSTOS_DEMO:
        return ok("Demo mode is off.")
    return warn(
        "Demo mode is on: anybody who reaches the page can sign in.",
        way_out="Unset CUSTOS_DEMO where anything is real.",
    )


@asked(way_out="Start the content database.")
def emergencies(_at: datetime) -> Finding:
    """Where single sign-on is required, somebody can enter without it."""
    with scoping.operator():
        known = list(Organization.objects.order_by("slug").values_list("pk", "slug"))
    shut = [slug for pk, slug in known if _is_shut(pk)]
    if not shut:
        return ok("Nobody depends on an identity provider alone.")
    return warn(
        "Single sign-on is required, and nobody is ready to enter without it:"
        f" {', '.join(shut)}.",
        way_out="Let an owner be named under Organization, Break-glass; until then"
        " unlock_organization is the only way in when the provider fails.",
    )


def _is_shut(organization_id: int) -> bool:
    with scoping.organization(organization_id=organization_id):
        requires = Workspace.objects.filter(sso=Sso.REQUIRED).exists()
        return requires and not selectors.has_break_glass_owner()


def deployment(_at: datetime) -> Finding:
    """What Django's own `check --deploy` says, apart from what is found above."""
    is_plain = not settings.CUSTOS_BASE_URL.startswith("https://")
    found = [
        message
        for message in run_checks(include_deployment_checks=True)
        if not message.is_silenced()
        and not str(message.id).startswith(_SIGN_IN)
        and not (is_plain and str(message.id).startswith(_TRANSPORT))
    ]
    if not found:
        return ok("`check --deploy` has no objection.")
    is_serious = any(message.is_serious() for message in found)
    way_out = "manage.py check --deploy tells each in full."
    return (bad if is_serious else warn)(_sentences(found), way_out=way_out)


def _sentences(found: Sequence[CheckMessage]) -> str:
    return " ".join(f"{message.msg} ({message.id})" for message in found)


PROBES: dict[str, Probe] = {
    "sign-in": sign_in,
    "address": address,
    "demo": demo,
    "emergency sign-in": emergencies,
    "deployment": deployment,
}
