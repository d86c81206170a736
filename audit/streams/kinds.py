"""The kinds of receivers, the formats that fit each, and what each must be told."""

import re
from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise


class Kind(StrEnum):
    """How entries travel; the value is stored."""

    WEBHOOK = "webhook"
    SPLUNK = "splunk"
    SYSLOG = "syslog"
    S3 = "s3"
    OTLP = "otlp"


class Format(StrEnum):
    """What an entry looks like when it arrives; the value is stored."""

    NATIVE = "native"
    OCSF = "ocsf"
    CEF = "cef"


FORMAT_LABELS: dict[Format, Text] = {
    Format.NATIVE: _("Custos: the entry as the log shows it"),
    Format.OCSF: _("OCSF 1.8"),
    Format.CEF: _("CEF"),
}


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One thing that a destination must be told.

    A secret is sealed like all of them, and besides never shown again. The whole value
    must fit `pattern`; `wrong` is the sentence where it does not. An address is a URL,
    a host a name or an IP address.
    """

    name: str
    label: Text
    hint: Text = ""
    is_secret: bool = False
    is_required: bool = True
    is_long: bool = False
    choices: tuple[tuple[str, Text], ...] = ()
    is_address: bool = False
    is_host: bool = False
    pattern: str = ""
    wrong: Text = ""

    def fits(self, value: str) -> bool:
        """Whether a value may be sent at all; an empty one lacks rather than errs."""
        return not (value and self.pattern) or bool(re.fullmatch(self.pattern, value))


@dataclass(frozen=True, kw_only=True)
class Destination:
    """One kind, in words and settings.

    `host` is where it leads without an address, in the words of its settings. By block:
    a batch is a block of the log or a fixed part of one, the same whenever it comes.
    """

    label: Text
    text: Text
    icon: str
    formats: tuple[Format, ...]
    settings: tuple[Setting, ...]
    gives_secret: bool = False
    host: str = ""
    is_by_block: bool = False


# What Custos says itself is not for others to say.
_HEADER = (
    r"(?i:(?!(?:host|content-[a-z]+|transfer-encoding|connection|user-agent)[ :]))"
    r"[!#$%&'*+.^_`|~0-9A-Za-z-]+: *[!-~](?:[ -~]{0,4000}[!-~])?"
)
_HOST = r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9])?|[0-9A-Fa-f:.]{2,45}"
_PORT = (
    r"[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}"
    r"|655[0-2][0-9]|6553[0-5]"
)

# No relative segments: servers disagree about what these mean.
_PREFIX = (
    r"(?!.{501})(?!(?:.*/)?\.{1,2}(?:/|$))"
    r"(?:[0-9A-Za-z_.=-]+/)*(?:[0-9A-Za-z_.=-]+/?)"
)
_BUCKET = (
    r"(?!xn--|sthree-)(?!.*\.\.)(?!(?:[0-9]+\.){3}[0-9]+$)"
    r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"
)

AUTHORITY = Setting(
    name="authority",
    label=_("Certificate authority (PEM)"),
    hint=_("Only where the receiver's certificate is not from a public authority."),
    is_required=False,
    is_long=True,
)

DESTINATIONS: dict[Kind, Destination] = {
    Kind.WEBHOOK: Destination(
        label=_("Webhook"),
        text=_("CloudEvents 1.0 over HTTPS, signed as Standard Webhooks."),
        icon="arrow-right",
        formats=(Format.NATIVE, Format.OCSF, Format.CEF),
        settings=(
            Setting(
                name="url",
                label=_("Address"),
                hint=_("https://… Shown later without what follows the host."),
                is_secret=True,
                is_address=True,
            ),
            Setting(
                name="mode",
                label=_("Each request carries"),
                choices=(
                    ("batch", _("a batch of events")),
                    ("single", _("one event (slower)")),
                ),
            ),
            AUTHORITY,
        ),
        gives_secret=True,
    ),
    Kind.SPLUNK: Destination(
        label=_("Splunk"),
        text=_("HTTP Event Collector: JSON over HTTPS, under a token of Splunk's."),
        icon="database",
        formats=(Format.NATIVE, Format.OCSF, Format.CEF),
        settings=(
            Setting(
                name="url",
                label=_("Address of the collector"),
                hint=_("For example https://splunk.example.com:8088"),
                is_address=True,
            ),
            Setting(
                name="token",
                label=_("Token"),
                hint=_("Of the HTTP Event Collector. It is never shown again."),
                is_secret=True,
                pattern=r"[!-~]{1,255}",
                wrong=_("A token has neither spaces nor letters beyond ASCII."),
            ),
            AUTHORITY,
        ),
    ),
    Kind.SYSLOG: Destination(
        label=_("Syslog"),
        text=_(
            "RFC 5424 over TLS. Syslog confirms nothing: a batch counts as delivered"
            " once the receiver has answered the end of its connection."
        ),
        icon="file-text",
        formats=(Format.NATIVE, Format.OCSF, Format.CEF),
        settings=(
            Setting(
                name="host",
                label=_("Server"),
                hint=_("Name or address, as its certificate says it."),
                is_host=True,
                pattern=_HOST,
                wrong=_("Write a name or an address, without a port."),
            ),
            Setting(
                name="port",
                label=_("Port"),
                hint=_("6514 if empty."),
                is_required=False,
                pattern=_PORT,
                wrong=_("A port is a number from 1 to 65535."),
            ),
            Setting(
                name="ending",
                label=_("A batch is delivered when the receiver"),
                choices=(
                    ("answered", _("answers the end of the connection (close_notify)")),
                    ("plain", _("just closes it (rsyslog with gtls; less certain)")),
                ),
            ),
            AUTHORITY,
        ),
    ),
    Kind.OTLP: Destination(
        label=_("OpenTelemetry"),
        text=_("Logs as OTLP over HTTPS, in JSON."),
        icon="activity",
        formats=(Format.NATIVE, Format.OCSF, Format.CEF),
        settings=(
            Setting(
                name="url",
                label=_("Endpoint"),
                hint=_("https://… Custos adds /v1/logs where it is not there."),
                is_address=True,
            ),
            Setting(
                name="header",
                label=_("Header to sign in with"),
                hint=_(
                    "If it wants one, for example “Authorization: Bearer …”."
                    " It is never shown again."
                ),
                is_secret=True,
                is_required=False,
                pattern=_HEADER,
                wrong=_("Write a header as “name: value”, and none of HTTP itself."),
            ),
            AUTHORITY,
        ),
    ),
    Kind.S3: Destination(
        label=_("S3"),
        text=_("JSON Lines in a bucket of AWS, or of another S3 service."),
        icon="folder",
        formats=(Format.NATIVE, Format.OCSF),
        settings=(
            Setting(
                name="bucket",
                label=_("Bucket"),
                pattern=_BUCKET,
                wrong=_(
                    "A bucket has 3 to 63 small letters, digits, dots and hyphens,"
                    " begins and ends with a letter or digit, and is no IP address."
                ),
            ),
            Setting(
                name="region",
                label=_("Region"),
                hint=_("For example eu-central-1."),
                pattern=r"[a-z0-9-]{1,32}",
                wrong=_("A region has only small letters, digits and hyphens."),
            ),
            Setting(
                name="prefix",
                label=_("Prefix"),
                hint=_("The folder in the bucket. Empty: its top."),
                is_required=False,
                pattern=_PREFIX,
                wrong=_(
                    "A prefix has letters, digits and _ . = - between single"
                    " slashes, does not begin with one, and has 500 at most."
                ),
            ),
            Setting(
                name="key_id",
                label=_("Access key ID"),
                hint=_("Of a user who may do s3:PutObject there, and nothing else."),
                pattern=r"[0-9A-Za-z_.@+-]{3,128}",
                wrong=_("An access key ID has letters, digits and _ . @ + - only."),
            ),
            Setting(
                name="secret_key",
                label=_("Secret access key"),
                hint=_("It is never shown again."),
                is_secret=True,
                pattern=r"[!-~]{1,255}",
                wrong=_("A secret key has neither spaces nor letters beyond ASCII."),
            ),
            Setting(
                name="url",
                label=_("Endpoint"),
                hint=_(
                    "Empty for AWS. Else the address of the service, for example"
                    " https://minio.example.com:9000"
                ),
                is_required=False,
                is_address=True,
                pattern=r"[^?#]*",
                wrong=_("An endpoint has neither “?” nor “#”."),
            ),
            AUTHORITY,
        ),
        host="s3.{region}.amazonaws.com",
        is_by_block=True,
    ),
}
