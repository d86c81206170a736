"""Reads what a person sets: features, permissions, names, and to whom a role goes."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from kit.permissions import LABELS as PERMISSIONS
from workspaces.access import words
from workspaces.access.features import (
    ALL,
    GROUPS,
    LABELS,
    WORDS,
    Feature,
    Kind,
    Value,
    kind_of,
    levels_of,
    on_plan,
)
from workspaces.access.services.keeping import LONGEST_PURPOSE
from workspaces.roles.matrix import SEEN_BY, grantable_on
from workspaces.tenancy import naming

_ONLY, _NONE = "only", "none"
_NAMES = "names"
MOST_NAMES = 100
LONGEST_NAME = 100


class SettingsForm(forms.Form):
    """The value of every feature of a plan; with `baseline`, Default is one as well."""

    def __init__(
        self,
        *args: Any,
        plan: str,
        said: Mapping[Feature, Value],
        baseline: Mapping[Feature, Value] | None = None,
        grants: frozenset[str] | None = None,
    ) -> None:
        super().__init__(*args)
        self.plan, self.baseline = plan, baseline
        self.kept = (grants or frozenset()) - set(grantable_on(plan))
        for feature in _features(plan):
            self.fields[feature.value] = forms.ChoiceField(
                label=str(LABELS[feature]),
                choices=[*self._default(feature), *_choices(feature)],
                required=baseline is None,
                initial=_chosen(feature, said.get(feature)),
            )
        self.fields[_NAMES] = _names_field(said.get(Feature.MODELS))
        if grants is not None:
            self.fields["grants"] = forms.MultipleChoiceField(
                label=_("Grants"),
                choices=[
                    (one.value, PERMISSIONS[one])
                    for one in PERMISSIONS
                    if one in grantable_on(plan)
                ],
                widget=forms.CheckboxSelectMultiple,
                required=False,
                initial=sorted(grants),
            )

    def clean(self) -> dict[str, Any]:
        """Names only where they are asked for, and then at least one."""
        found = super().clean() or {}
        if found.get(Feature.MODELS.value) == _ONLY and not self.errors.get(_NAMES):
            names = found.get(_NAMES)
            if not names:
                self.add_error(_NAMES, _t("Name at least one model."))
        return found

    def clean_grants(self) -> list[str]:
        """With each change, the permission to see what is changed."""
        chosen = list(self.cleaned_data["grants"])
        for change, sight in SEEN_BY.items():
            if change in chosen and sight not in chosen:
                raise forms.ValidationError(
                    _t("“%(change)s” needs “%(sight)s” as well: tick both.")
                    % {"change": PERMISSIONS[change], "sight": PERMISSIONS[sight]}
                )
        return chosen

    def clean_names(self) -> frozenset[str]:
        """One name each, as they are written."""
        texts = str(self.cleaned_data[_NAMES]).replace("\n", ",").split(",")
        names = frozenset(one.strip() for one in texts if one.strip())
        for one in names:
            if one == ALL or len(one) > LONGEST_NAME or naming.printable(one) != one:
                raise forms.ValidationError(
                    _t("“%s” cannot be the name of a model.") % naming.printable(one)
                )
        if len(names) > MOST_NAMES:
            raise forms.ValidationError(_t("At most %d models.") % MOST_NAMES)
        return names

    def values(self) -> dict[Feature, Value | None]:
        """What was chosen; None leaves it to the workspace."""
        return {one: self._value(one) for one in _features(self.plan)}

    def set_values(self) -> dict[Feature, Value]:
        """The same without what is left to the workspace."""
        return {one: v for one, v in self.values().items() if v is not None}

    def sections(self) -> list[dict[str, Any]]:
        """The fields under the headings of the matrix."""
        shown = _features(self.plan)
        found = [
            {"label": label, "fields": [self[o.value] for o in some if o in shown]}
            for label, some in GROUPS
        ]
        return [one for one in found if one["fields"]]

    def granted(self) -> frozenset[str]:
        """What the role is to grant, and what it keeps for another plan."""
        return frozenset(self.cleaned_data.get("grants", ())) | self.kept

    def _value(self, feature: Feature) -> Value | None:
        chosen = str(self.cleaned_data[feature.value])
        if not chosen:
            return None
        if kind_of(feature) is not Kind.SET:
            return chosen
        if chosen == _ONLY:
            return frozenset(self.cleaned_data[_NAMES])
        return frozenset({ALL}) if chosen == ALL else frozenset()

    def _default(self, feature: Feature) -> list[tuple[str, str]]:
        if self.baseline is None:
            return []
        given = words.briefly(self.baseline[feature])
        return [("", _t("Default: %s") % given)]


class RoleForm(forms.Form):
    """The name of a role, and what it is for."""

    name = forms.CharField(
        label=_("Name"),
        max_length=naming.NAME_LENGTH,
        error_messages={"required": _("Give the role a name.")},
    )
    purpose = forms.CharField(
        label=_("What it is for"),
        max_length=LONGEST_PURPOSE,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("A sentence for whoever gives it later."),
    )


class FindForm(forms.Form):
    """Whom to look for when a role is given."""

    find = forms.CharField(
        label=_("Name or address of a member, or name of a group, begins with"),
        required=False,
        max_length=254,
        strip=True,
    )


class MemberForm(forms.Form):
    """The address of a member."""

    email = forms.CharField(
        label=_("Address of a member"),
        max_length=254,
        error_messages={"required": _("Write the address of a member.")},
    )


class GroupForm(forms.Form):
    """The name of a group."""

    group = forms.CharField(
        label=_("Name of a group"),
        max_length=400,
        error_messages={"required": _("Write the name of a group.")},
    )


def _features(plan: str) -> list[Feature]:
    possible = on_plan(plan)
    return [one for _label, some in GROUPS for one in some if one in possible]


def _choices(feature: Feature) -> list[tuple[str, Any]]:
    if kind_of(feature) is Kind.SET:
        return [(ALL, _("All")), (_ONLY, _("Only these")), (_NONE, _("None"))]
    return [(one, WORDS[one]) for one in levels_of(feature)]


def _chosen(feature: Feature, value: Value | None) -> str:
    if value is None:
        return ""
    if kind_of(feature) is not Kind.SET:
        return str(value)
    if ALL in value:
        return ALL
    return _ONLY if value else _NONE


def _names_field(value: Value | None) -> forms.CharField:
    names = value if isinstance(value, frozenset) else frozenset()
    return forms.CharField(
        label=_("Names of models, where only some are allowed"),
        required=False,
        max_length=MOST_NAMES * (LONGEST_NAME + 2),
        widget=forms.Textarea(attrs={"rows": 2}),
        initial="\n".join(sorted(names - {ALL})),
        help_text=_("One a line, as your chat front end names them."),
    )
