"""Why sessions end, in the words that the log and the pages use."""

from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class EndReason(StrEnum):
    """The codes; they are stored with the session and stand in the log."""

    SIGNED_OUT = "signed_out"
    REPLACED = "replaced"
    REVOKED = "revoked"
    REVOKED_BY_ADMIN = "revoked_by_admin"
    IDP_LOGOUT = "idp_logout"
    CONNECTION_OFF = "connection_off"
    OFFBOARDED = "offboarded"
    CREDENTIALS_CHANGED = "credentials_changed"


LABELS: dict[EndReason, str | Promise] = {
    EndReason.SIGNED_OUT: _("Signed out"),
    EndReason.REPLACED: _("Signed in again in the same browser"),
    EndReason.REVOKED: _("Ended by the person"),
    EndReason.REVOKED_BY_ADMIN: _("Ended by an administrator"),
    EndReason.IDP_LOGOUT: _("Signed out at the identity provider"),
    EndReason.CONNECTION_OFF: _("The connection was switched off"),
    EndReason.OFFBOARDED: _("The person was removed"),
    EndReason.CREDENTIALS_CHANGED: _("Password or second step was changed"),
}
