"""Why a sign-in is refused: a code per reason, with its sentence and who can help."""

import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kit.refusals import Refused

logger = logging.getLogger(__name__)


class Reason(StrEnum):
    """The codes; they stand in the audit log and on the refusal page."""

    WRONG_METHOD = "wrong_method"
    WRONG_ENCODING = "wrong_encoding"
    TOO_LARGE = "too_large"
    NOT_BASE64 = "not_base64"
    NOT_XML = "not_xml"
    HAS_DTD = "has_dtd"
    TOO_COMPLEX = "too_complex"
    NOT_A_RESPONSE = "not_a_response"
    DUPLICATE_ID = "duplicate_id"
    IDP_REFUSED = "idp_refused"
    IDP_FAILED = "idp_failed"
    IDP_NO_PASSIVE = "idp_no_passive"
    IDP_DENIED = "idp_denied"
    IDP_NAME_ID_POLICY = "idp_name_id_policy"
    IDP_CONTEXT = "idp_context"
    ENCRYPTED_PART = "encrypted_part"
    ENCRYPTION_FORM = "encryption_form"
    ENCRYPTION_ALGORITHM = "encryption_algorithm"
    UNREADABLE = "unreadable"
    UNSIGNED = "unsigned"
    SIGNATURE_FORM = "signature_form"
    SIGNATURE_ALGORITHM = "signature_algorithm"
    SIGNATURE_WRONG = "signature_wrong"
    INVALID = "invalid"
    ISSUER = "issuer"
    DESTINATION = "destination"
    RECIPIENT = "recipient"
    AUDIENCE = "audience"
    CONDITIONS = "conditions"
    IN_RESPONSE_TO = "in_response_to"
    UNSOLICITED = "unsolicited"
    SUBJECT = "subject"
    NO_END = "no_end"
    NOT_BEFORE = "not_before"
    EXPIRED = "expired"
    NOT_YET = "not_yet"
    LIVES_TOO_LONG = "lives_too_long"
    REPLAYED = "replayed"
    NAME_ID = "name_id"
    NAME_ID_TRANSIENT = "name_id_transient"
    TOO_LONG = "too_long"
    OTHER_BROWSER = "other_browser"
    FINISH_EXPIRED = "finish_expired"
    CONNECTION_OFF = "connection_off"
    UNAVAILABLE = "unavailable"
    ADDRESS_MISSING = "address_missing"
    ADDRESS_FORM = "address_form"
    DOMAIN_NOT_PROVEN = "domain_not_proven"
    NOT_A_MEMBER = "not_a_member"
    NO_SEAT = "no_seat"
    IDENTITY_DIFFERS = "identity_differs"
    ACCOUNT_CLOSED = "account_closed"
    NOT_FRESH = "not_fresh"
    NOT_A_LOGOUT = "not_a_logout"
    LOGOUT_EMPTY = "logout_empty"
    LOGOUT_UNKNOWN = "logout_unknown"
    LOGOUT_INCOMPLETE = "logout_incomplete"


class Audience(StrEnum):
    """Who can put it right."""

    PERSON = "person"
    ADMINISTRATOR = "administrator"


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """What the refusal page says about one reason."""

    sentence: str | Promise
    status: HTTPStatus = HTTPStatus.BAD_REQUEST
    audience: Audience = Audience.ADMINISTRATOR


class SignInRefused(Refused):
    """A sign-in stops here; `str()` is the sentence, `detail` helps administrators.

    `expected` and `received` are shown side by side; neither ever holds a secret, and
    both are cut by whoever raises.
    """

    def __init__(
        self, reason: Reason, *, expected: str = "", received: str = ""
    ) -> None:
        self.reason = reason
        self.expected = expected
        self.received = received[:300]
        super().__init__(str(self.explanation.sentence))

    @property
    def explanation(self) -> Explanation:
        """Sentence, status and who can help."""
        return EXPLANATIONS[self.reason]


@contextmanager
def reading() -> Iterator[None]:
    """Around what looks at a stranger's message and asks nobody else.

    Whatever goes wrong there that nobody foresaw is the message's fault: it is refused
    like any other, and no fault of ours is shown.
    """
    try:
        yield
    except SignInRefused:
        raise
    except Exception as error:  # noqa: BLE001 -- hostile input
        kind = type(error).__name__
        # The text of the error may hold what stood in the message.
        place = traceback.extract_tb(error.__traceback__)[-1]
        logger.warning("%s at %s:%s", kind, place.filename, place.lineno)
        raise SignInRefused(Reason.INVALID, received=kind) from None


def _damaged(sentence: str | Promise) -> Explanation:
    return Explanation(sentence=sentence)


def _again(sentence: str | Promise) -> Explanation:
    return Explanation(sentence=sentence, audience=Audience.PERSON)


def _refused(sentence: str | Promise) -> Explanation:
    return Explanation(sentence=sentence, status=HTTPStatus.FORBIDDEN)


_ANSWER_DAMAGED = _("The identity provider's answer could not be read.")
_ANSWER_HOSTILE = _("The identity provider's answer holds parts that are not allowed.")

EXPLANATIONS: dict[Reason, Explanation] = {
    Reason.WRONG_METHOD: Explanation(
        sentence=_("This address only receives answers of an identity provider."),
        status=HTTPStatus.METHOD_NOT_ALLOWED,
        audience=Audience.PERSON,
    ),
    Reason.WRONG_ENCODING: _damaged(_ANSWER_DAMAGED),
    Reason.TOO_LARGE: Explanation(
        sentence=_("The identity provider's answer is larger than 256 kB."),
        status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    ),
    Reason.NOT_BASE64: _damaged(_ANSWER_DAMAGED),
    Reason.NOT_XML: _damaged(_ANSWER_DAMAGED),
    Reason.HAS_DTD: _damaged(_ANSWER_HOSTILE),
    Reason.TOO_COMPLEX: _damaged(_ANSWER_HOSTILE),
    Reason.NOT_A_RESPONSE: _damaged(_ANSWER_DAMAGED),
    Reason.DUPLICATE_ID: _damaged(_ANSWER_HOSTILE),
    Reason.IDP_REFUSED: _again(_("Your identity provider did not sign you in.")),
    Reason.IDP_FAILED: _again(
        _("Your identity provider could not confirm who you are. Try to sign in again.")
    ),
    Reason.IDP_NO_PASSIVE: _again(
        _("Your identity provider needs you to sign in there first.")
    ),
    Reason.IDP_DENIED: _refused(
        _("Your identity provider does not let you use this application.")
    ),
    Reason.IDP_NAME_ID_POLICY: _damaged(
        _("The identity provider cannot name people in the format asked for (NameID).")
    ),
    Reason.IDP_CONTEXT: _damaged(
        _("The identity provider cannot sign people in the way that was asked for.")
    ),
    Reason.ENCRYPTED_PART: _damaged(
        _("Only whole assertions may be encrypted, not single names or attributes.")
    ),
    Reason.ENCRYPTION_FORM: _damaged(_ANSWER_HOSTILE),
    Reason.ENCRYPTION_ALGORITHM: _damaged(
        _("The answer is encrypted with an algorithm that is not accepted.")
    ),
    Reason.UNREADABLE: _damaged(
        _("The encrypted answer cannot be read with a key of this connection.")
    ),
    Reason.UNSIGNED: _damaged(_("The identity provider's answer is not signed.")),
    Reason.SIGNATURE_FORM: _damaged(_ANSWER_HOSTILE),
    Reason.SIGNATURE_ALGORITHM: _damaged(
        _("The answer is signed with an algorithm that is not accepted.")
    ),
    Reason.SIGNATURE_WRONG: _damaged(
        _("The signature does not fit the certificate of this connection.")
    ),
    Reason.INVALID: _damaged(_("The identity provider's answer is not valid SAML.")),
    Reason.ISSUER: _damaged(_("The answer comes from another identity provider.")),
    Reason.DESTINATION: _damaged(_("The answer was meant for another address.")),
    Reason.RECIPIENT: _damaged(_("The answer was meant for another recipient.")),
    Reason.AUDIENCE: _damaged(_("The answer was meant for another audience.")),
    Reason.CONDITIONS: _damaged(
        _("The answer carries conditions that this portal cannot keep.")
    ),
    Reason.IN_RESPONSE_TO: _damaged(_("The answer names no request of this portal.")),
    Reason.UNSOLICITED: _again(
        _("Nobody asked for this answer. Sign in from here, not from the other side.")
    ),
    Reason.SUBJECT: _damaged(_("The answer does not confirm exactly one person.")),
    Reason.NO_END: _damaged(_("The answer does not say how long it is valid.")),
    Reason.NOT_BEFORE: _damaged(
        _("The confirmation carries a NotBefore, which SAML forbids here.")
    ),
    Reason.EXPIRED: _again(_("The answer is no longer valid.")),
    Reason.NOT_YET: _damaged(
        _("The answer is not valid yet: the two clocks differ by over a minute.")
    ),
    Reason.LIVES_TOO_LONG: _damaged(_("The answer is valid for more than a day.")),
    Reason.REPLAYED: _again(_("This answer was used before; each is good for once.")),
    Reason.NAME_ID: _damaged(_("The answer names no person (NameID).")),
    Reason.NAME_ID_TRANSIENT: _damaged(
        _("The answer names the person by an identifier that changes every time.")
    ),
    Reason.TOO_LONG: _damaged(_("A field of the answer is longer than allowed.")),
    Reason.OTHER_BROWSER: _again(
        _("This sign-in was not started in this browser, or over ten minutes ago.")
    ),
    Reason.FINISH_EXPIRED: _again(_("The sign-in took too long to finish.")),
    Reason.CONNECTION_OFF: _refused(_("This connection is not in use.")),
    Reason.UNAVAILABLE: Explanation(
        sentence=_("A part that sign-in needs is not running. Try again in a minute."),
        status=HTTPStatus.SERVICE_UNAVAILABLE,
        audience=Audience.PERSON,
    ),
    Reason.ADDRESS_MISSING: _refused(
        _("The identity provider sent no e-mail address for you.")
    ),
    Reason.ADDRESS_FORM: _refused(
        _("The identity provider sent an e-mail address of a form not accepted here.")
    ),
    Reason.DOMAIN_NOT_PROVEN: _refused(
        _("Your address is in a mail domain that this organization has not proven.")
    ),
    Reason.NOT_A_MEMBER: _refused(
        _("You are not a member of a workspace of this organization.")
    ),
    Reason.NO_SEAT: _refused(
        _(
            "All seats of the workspace that you would enter are taken. Ask its owner "
            "for a seat, then sign in again."
        )
    ),
    Reason.IDENTITY_DIFFERS: _refused(
        _("Your address is already tied to another identifier of this connection.")
    ),
    Reason.ACCOUNT_CLOSED: _refused(_("Your account is closed.")),
    Reason.NOT_FRESH: _again(
        _("Your identity provider did not ask you to sign in anew, as was asked of it.")
    ),
    Reason.NOT_A_LOGOUT: _damaged(_("This is not a sign-out message of SAML.")),
    Reason.LOGOUT_EMPTY: _damaged(_("No sign-out message came with this address.")),
    Reason.LOGOUT_UNKNOWN: _again(
        _("This sign-out was not started here, or over ten minutes ago.")
    ),
    Reason.LOGOUT_INCOMPLETE: _again(
        _(
            "You are signed out here. Your identity provider says that it could not "
            "end everything there."
        )
    ),
}
