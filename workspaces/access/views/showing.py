"""What the pages of roles share: addresses, crumbs, and effects in words."""

from collections.abc import Iterable
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kit.formatting import grouped
from kit.permissions import LABELS as PERMISSIONS
from kit.permissions import Permission
from workspaces.access import effects, rules, words
from workspaces.access.effects import Effect, State
from workspaces.access.features import GROUPS, LABELS, Feature, Kind, Value, kind_of
from workspaces.access.models import CustomRole
from workspaces.access.storage import Crowd

_NOBODY = Effect()


def url(request: Any, stem: str, **arguments: Any) -> str:
    """The address of a page of roles."""
    here = {"workspace": request.workspace.slug, **arguments}
    return reverse(f"workspaces:{stem}", kwargs=here)


def crumbs(
    request: Any, *labels: str, role: CustomRole | None = None
) -> list[dict[str, str]]:
    """Workspace, roles, the role, and where in it."""
    workspace = request.workspace
    found = [
        {"label": workspace.organization.name, "url": ""},
        {"label": workspace.name, "url": url(request, "overview")},
        {"label": _("Roles"), "url": url(request, "access-matrix")},
    ]
    if role:
        to = url(request, "access-role", role=role.public_id)
        found.append({"label": role.name, "url": to})
    found += [{"label": one, "url": ""} for one in labels]
    found[-1]["url"] = ""
    return found


def changes(
    crowds: Iterable[Crowd],
    *,
    before: State,
    after: State,
    was: dict[Feature, Value | None],
    becomes: dict[Feature, Value | None],
) -> list[dict[str, Any]]:
    """Every setting that changes, and for how many members."""
    touched = effects.on_features(crowds, before=before, after=after)
    return [
        {
            "field": LABELS[one],
            "before": in_words(was.get(one), before.baseline[one]),
            "after": in_words(becomes.get(one), after.baseline[one]),
            "whom": whom(touched.get(one, _NOBODY), feature=one),
        }
        for _label, some in GROUPS
        for one in some
        if was.get(one) != becomes.get(one)
    ]


def lowers_sharing(before: Value, after: Value) -> bool:
    """Whether GPTs may be shared less far: those that are above it are to be seen."""
    return not rules.covers(Feature.GPTS_SHARE, after, str(before))


def granted(
    crowds: Iterable[Crowd],
    *,
    before: State,
    after: State,
    was: frozenset[str],
    becomes: frozenset[str],
) -> list[dict[str, Any]]:
    """Every permission that is granted from now on, or no more."""
    touched = effects.on_permissions(crowds, before=before, after=after)
    return [
        {
            "field": PERMISSIONS[one],
            "before": _("granted") if one in was else _("not granted"),
            "after": _("granted") if one in becomes else _("not granted"),
            "whom": whom(touched.get(one, _NOBODY)),
        }
        for one in Permission
        if (one in was) != (one in becomes)
    ]


def consequences(
    crowds: Iterable[Crowd], *, before: State, after: State
) -> list[dict[str, Any]]:
    """Whatever somebody gains or loses, by its name."""
    found = list(crowds)
    features = effects.on_features(found, before=before, after=after)
    permissions = effects.on_permissions(found, before=before, after=after)
    return [
        {"name": LABELS[one], "whom": whom(effect, feature=one)}
        for one, effect in features.items()
    ] + [
        {"name": PERMISSIONS[one], "whom": whom(effect)}
        for one, effect in permissions.items()
    ]


def in_words(value: Value | None, baseline: Value) -> str:
    """A value of a role; Default says what that is at the moment."""
    if value is None:
        return _("Default (%s)") % words.of_value(baseline)
    return words.of_value(value)


def whom(effect: Effect, *, feature: Feature | None = None) -> str:
    """How many members a change touches, in words."""
    if not effect:
        return _("No member has more or less by it today.")
    is_switch = feature is None or kind_of(feature) is Kind.SWITCH
    parts = []
    if effect.gain:
        parts.append(_gain(effect.gain, is_switch=is_switch))
    if effect.lose:
        parts.append(_loss(effect.lose, is_switch=is_switch))
    return " ".join(parts)


def _gain(number: int, *, is_switch: bool) -> str:
    words_of = (
        ngettext("%s member gets it.", "%s members get it.", number)
        if is_switch
        else ngettext("%s member gets more.", "%s members get more.", number)
    )
    return words_of % grouped(number)


def _loss(number: int, *, is_switch: bool) -> str:
    words_of = (
        ngettext("%s member loses it.", "%s members lose it.", number)
        if is_switch
        else ngettext("%s member has less.", "%s members have less.", number)
    )
    return words_of % grouped(number)
