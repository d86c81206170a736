"""Whether an address may be a destination, as far as it can be told without asking."""

from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from kit.refusals import Refused


class NoAddress(Refused):
    """A text is no address that a stream may lead to."""

    status = 422


def host_of(url: str) -> str:
    """The host of an https address; what it resolves to is asked at each sending."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise NoAddress(_("This is no address. Write https:// and a host.")) from None
    if parts.scheme != "https":
        raise NoAddress(_("The address must begin with https://."))
    if not parts.hostname or "@" in parts.netloc or port == 0:
        raise NoAddress(_("The address must name a host, and no user."))
    return parts.hostname[:255]
