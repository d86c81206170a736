"""Warns before a certificate of either side ends: by mail, once per threshold.

Beat asks each day. What was told last stands in `warned_days` of the row.
"""

from datetime import datetime, timedelta

from django.urls import reverse
from django.utils.translation import gettext as _

from kit import scoping
from kit.formatting import day
from kit.one_by_one import one_by_one
from workspaces.signin import rules, selectors
from workspaces.signin.models import (
    CertificateState,
    IdpCertificate,
    SamlConnection,
    SpKey,
)
from workspaces.signin.services import telling
from workspaces.tenancy.models import Organization


def warn_due(*, at: datetime) -> int:
    """Tell the owners of every organization what ends soon; how many warnings."""
    with scoping.operator():
        ids = list(Organization.objects.order_by("pk").values_list("pk", flat=True))
    return one_by_one(
        ids,
        lambda one: _warn(one, at=at),
        what="expiries of organization",
        is_whole=True,
    )


def _warn(organization_id: int, *, at: datetime) -> int:
    soon = at + timedelta(days=max(rules.WARNING_DAYS))
    with scoping.organization(organization_id=organization_id):
        live = selectors.active_connection()
        if live is None:
            return 0
        theirs = IdpCertificate.objects.filter(
            connection_id=live.pk, not_after__lte=soon, state=CertificateState.TRUSTED
        )
        ours = SpKey.objects.filter(connection_id=live.pk, not_after__lte=soon)
        warned = 0
        for one in theirs.order_by("id").select_for_update():
            if _is_due(one, at=at):
                _tell_theirs(live, one, at=at)
                warned += 1
        for key in ours.order_by("id").select_for_update():
            if _is_due(key, at=at):
                _tell_ours(live, key, at=at)
                warned += 1
        return warned


def _is_due(one: IdpCertificate | SpKey, *, at: datetime) -> bool:
    """Whether a threshold is reached that was not told yet; then it is now."""
    due = rules.warning_due(not_after=one.not_after, warned_days=one.warned_days, at=at)
    if due is None:
        return False
    one.warned_days = due
    one.save(update_fields=["warned_days"])
    return True


def _tell_theirs(row: SamlConnection, one: IdpCertificate, *, at: datetime) -> None:
    telling.owners(
        organization_id=row.organization_id,
        kind="certificate-ends",
        subject=_("A certificate of %(label)s ends on %(day)s")
        % {"label": row.label, "day": day(one.not_after)},
        text=_(
            "The certificate %(print)s of “%(label)s” ends on %(day)s. After that, "
            "people cannot sign in with what it signs.\n\nLet your identity provider "
            "make the next one, and bring it here before: \n%(url)s"
        )
        % {
            "print": one.fingerprint,
            "label": row.label,
            "day": day(one.not_after),
            "url": _page(row),
        },
        at=at,
    )


def _tell_ours(row: SamlConnection, key: SpKey, *, at: datetime) -> None:
    telling.owners(
        organization_id=row.organization_id,
        kind="key-ends",
        subject=_("The key of this portal for %(label)s ends on %(day)s")
        % {"label": row.label, "day": day(key.not_after)},
        text=_(
            "The certificate that this portal shows to “%(label)s” ends on %(day)s. "
            "Prepare the next key, let the identity provider read it, then change "
            "over:\n%(url)s"
        )
        % {"label": row.label, "day": day(key.not_after), "url": _page(row)},
        at=at,
    )


def _page(row: SamlConnection) -> str:
    slug = selectors.organization_slug()
    names = {"organization": slug, "saml": row.public_id}
    return telling.absolute(reverse("workspaces:sso-metadata", kwargs=names))
