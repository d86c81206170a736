"""Why sessions end; the codes are stored with the session and stand in the log."""

from enum import StrEnum


class EndReason(StrEnum):
    """One code for each way in which a session ends before its time."""

    SIGNED_OUT = "signed_out"
    REPLACED = "replaced"
    REVOKED = "revoked"
    REVOKED_BY_ADMIN = "revoked_by_admin"
    IDP_LOGOUT = "idp_logout"
    CONNECTION_OFF = "connection_off"
    OFFBOARDED = "offboarded"
    CREDENTIALS_CHANGED = "credentials_changed"
