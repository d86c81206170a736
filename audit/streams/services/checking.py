"""Whether what a stream is asked to be fits its kind of destination."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from audit.streams.kinds import DESTINATIONS, Format, Kind, Setting
from kit import webhooks
from kit.refusals import Refused


class NotAllowed(Refused):
    """What was asked for does not fit this kind of destination, or this log."""

    status = 422


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a stream shall be; a secret left empty in a change stays as it was."""

    name: str
    format: Format
    query: str = ""
    settings: Mapping[str, str] = field(default_factory=dict, repr=False)


def checked(kind: Kind, asked: Asked, *, before: Mapping[str, str]) -> dict[str, str]:
    """The settings of this kind, with what was kept; NotAllowed where one lacks."""
    destination = DESTINATIONS[kind]
    if asked.format not in destination.formats:
        raise NotAllowed(_("This format does not fit this destination."))
    found = {"secret": before["secret"]} if "secret" in before else {}
    for setting in destination.settings:
        value = asked.settings.get(setting.name, "").strip()
        if not value and setting.is_secret:
            value = _kept(kind, setting, asked, before=before)
        _demand(setting, value)
        demand_open(setting, value, before=before)
        found[setting.name] = value
    return found


def demand_open(setting: Setting, value: str, *, before: Mapping[str, str]) -> None:
    """Refuses an address that no stream may lead to; what is stored may stay as it is.

    Sending asks again: the operator may have changed what is allowed.
    """
    if not value or value == before.get(setting.name):
        return
    if setting.is_address:
        webhooks.demand_open(webhooks.host_of(value))
    if setting.is_host:
        webhooks.demand_open(value)


def host(kind: Kind, settings: Mapping[str, str]) -> str:
    """Where the stream leads to, as far as it may be shown."""
    destination = DESTINATIONS[kind]
    for setting in destination.settings:
        if setting.is_address and settings[setting.name]:
            return webhooks.host_of(settings[setting.name])
    return settings.get("host") or destination.host.format_map(settings)


def _kept(
    kind: Kind, setting: Setting, asked: Asked, *, before: Mapping[str, str]
) -> str:
    """The stored secret, for the address that it was given for and for no other.

    Otherwise whoever may change a stream could read it, at an address of their own.
    """
    kept = before.get(setting.name, "")
    if not kept or setting.is_address:
        return kept
    for one in DESTINATIONS[kind].settings:
        is_same = asked.settings.get(one.name, "").strip() == before.get(one.name, "")
        if one.is_address and not is_same:
            raise NotAllowed(
                _("“%s” was for the old address. Enter it again.") % setting.label
            )
    return kept


def _demand(setting: Setting, value: str) -> None:
    if not value and setting.is_required:
        raise NotAllowed(_("“%s” is missing.") % setting.label)
    if setting.choices and value not in dict(setting.choices):
        raise NotAllowed(_("“%s” has no such choice.") % setting.label)
    if not setting.fits(value):
        raise NotAllowed(str(setting.wrong))
