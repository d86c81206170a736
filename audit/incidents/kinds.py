"""What each rule is called, what it found, and what to do about it."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from audit.incidents.rules import Kind, Severity

Words = str | Promise


@dataclass(frozen=True, kw_only=True)
class Said:
    """One kind in words: `found` is the sentence of an incident."""

    name: Words
    found: Words
    advice: Words


SEVERITIES: dict[Severity, Words] = {
    Severity.CRITICAL: _("critical"),
    Severity.HIGH: _("high"),
    Severity.MEDIUM: _("medium"),
}
SAID: dict[Kind, Said] = {
    Kind.BREAK_GLASS: Said(
        name=_("Break-glass was used"),
        found=_("Somebody entered by break-glass, without single sign-on"),
        advice=_(
            "Ask who entered whether it was them and why. If nobody knows of it, take"
            " the owner off break-glass and end their sessions."
        ),
    ),
    Kind.VERIFICATION: Said(
        name=_("The audit log does not verify"),
        found=_(
            "A verification found an entry of the audit log that is wrong, or the log"
            " is not sealed because it does not agree with what was published"
        ),
        advice=_(
            "Open the audit log: it names the first entry that is wrong. Keep the"
            " database as it is, and compare it with the newest backup and export."
            " Where a backup was restored on purpose, the operator opens a new epoch."
        ),
    ),
    Kind.REFUSED_SIGN_INS: Said(
        name=_("Many refused sign-ins"),
        found=_("Many sign-ins were refused within a short time"),
        advice=_(
            "Look where they came from. One reason for all of them points at the"
            " identity provider; many names from few addresses at an attack."
        ),
    ),
    Kind.OVERDUE_PURGE: Said(
        name=_("Deleted data is past its 30 days"),
        found=_("Deleted data is still stored after 30 days"),
        advice=_(
            "Open the 30-day promise: it names what waits and why. Customers were"
            " promised otherwise, so consider telling them."
        ),
    ),
    Kind.DELETION: Said(
        name=_("Deleting does not go as it must"),
        found=_("Deleting does not go as it must"),
        advice=_("Open the sweeps: they say what stands still, and what to do."),
    ),
    Kind.MASS_EXPORT: Said(
        name=_("Many exports"),
        found=_("Much was exported within a short time"),
        advice=_(
            "Ask who exported it what for. If nobody knows of it, end their sessions"
            " and revoke the keys that were used."
        ),
    ),
    Kind.PUBLIC_SHARING: Said(
        name=_("Something became public"),
        found=_("A GPT was shown to the public"),
        advice=_(
            "Look at what it tells and at its files. Isolate it if it must not be"
            " public: whoever saw it may have kept what it said."
        ),
    ),
    Kind.KEY_OUTSIDE: Said(
        name=_("A key came from a network that it may not use"),
        found=_(
            "An API key or SCIM token was refused, coming from a network that it may"
            " not use"
        ),
        advice=_(
            "The key may be in wrong hands: rotate it, unless its program has moved."
        ),
    ),
    Kind.DENIED: Said(
        name=_("Many refusals"),
        found=_("Much was refused to people or keys within a short time"),
        advice=_(
            "Look who asked for what. One page for one person points at a missing"
            " permission; many pages or another tenant's address at somebody who looks"
            " around. If nobody knows of it, end their sessions and revoke the key."
        ),
    ),
    Kind.STREAM: Said(
        name=_("A stream of the audit log is behind or has a gap"),
        found=_("A receiver of the audit log does not get what it should"),
        advice=_(
            "Open the streams. What is behind goes on by itself once the receiver"
            " confirms again: the page says why it does not. Entries in a gap are gone"
            " from the log: look for them in an export or a backup."
        ),
    ),
}
