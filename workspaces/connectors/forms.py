"""Reads how a connector shall be set up, and what a custom one is."""

import re
from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from workspaces.connectors.catalogue import Action, Endpoints
from workspaces.connectors.controls import (
    ACTION_CONTROL_LABELS,
    ASK_LABELS,
    NEW_ACTION_LABELS,
    RISK_LABELS,
    Access,
    ActionControl,
    Ask,
    Kind,
    NewActions,
    Risk,
)
from workspaces.connectors.services import Asked, Wanted, asked_address
from workspaces.connectors.setups import Setup
from workspaces.members.models import Membership, MembershipStatus

_WORDS = re.compile(r"[\s,]+")
_ALLOWED = {"off": _("Off"), "on": _("On")}
HAND = "hand"
_KINDS = {
    Kind.MCP.value: _("An MCP server"),
    Kind.OAUTH.value: _("An app that publishes its sign-in (RFC 8414)"),
    HAND: _("An app whose addresses I type"),
}


def _choices(labels: Any) -> list[tuple[str, Any]]:
    return [(one.value, label) for one, label in labels.items()]


def _lines(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows, "spellcheck": "false"})


class SettingsForm(forms.Form):
    """The settings of one connector; no role and no group means everybody."""

    allowed = forms.ChoiceField(
        label=_("In this workspace"),
        widget=forms.RadioSelect,
        choices=list(_ALLOWED.items()),
    )
    roles = forms.TypedMultipleChoiceField(
        label=_("Only for these roles"),
        widget=forms.CheckboxSelectMultiple,
        coerce=int,
        required=False,
    )
    groups = forms.TypedMultipleChoiceField(
        label=_("Only for these groups"),
        widget=forms.CheckboxSelectMultiple,
        coerce=int,
        required=False,
        help_text=_("Without any role or group it is for everybody."),
    )
    domains = forms.CharField(
        label=_("Only accounts of these domains, one a line"),
        required=False,
        max_length=20_000,
        widget=_lines(3),
        help_text=_("The whole domain of the account's address. Empty means any."),
    )
    action_control = forms.ChoiceField(
        label=_("Actions"),
        widget=forms.RadioSelect,
        choices=_choices(ACTION_CONTROL_LABELS),
    )
    chosen_actions = forms.MultipleChoiceField(
        label=_("Chosen actions"),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=_("Counts with “Chosen actions” alone."),
    )
    new_actions = forms.ChoiceField(
        label=_("Actions that appear later"),
        choices=_choices(NEW_ACTION_LABELS),
        help_text=_("Counts with “Chosen actions” alone."),
    )
    ask = forms.ChoiceField(label=_("Before an action"), required=False)
    owner = forms.CharField(
        label=_("Owner (address of a member)"), required=False, max_length=254
    )
    risk = forms.ChoiceField(label=_("Risk"), choices=_choices(RISK_LABELS))
    review_on = forms.DateField(
        label=_("Look at it again on"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
    )

    def __init__(
        self,
        *args: Any,
        roles: Iterable[tuple[int, str]],
        groups: Iterable[tuple[int, str]],
        actions: Iterable[Action],
        usual_ask: str,
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        fields: Any = self.fields
        fields["roles"].choices = list(roles)
        fields["groups"].choices = list(groups)
        fields["chosen_actions"].choices = [(one.name, one.label) for one in actions]
        usual = _t("As the workspace: %s") % ASK_LABELS[Ask(usual_ask)]
        fields["ask"].choices = [("", usual), *_choices(ASK_LABELS)]
        for name in ("roles", "groups", "chosen_actions"):
            if not fields[name].choices:
                del fields[name]

    def clean_owner(self) -> int | None:
        """The membership of that address."""
        email = self.cleaned_data["owner"].strip().lower()
        if not email:
            return None
        active = Membership.objects.filter(status=MembershipStatus.ACTIVE)
        found = active.filter(email=email).values_list("pk", flat=True).first()
        if found is None:
            raise forms.ValidationError(
                _t("No active member of this workspace has that address.")
            )
        return int(found)

    def wanted(self) -> Wanted:
        """The settings, once the form is valid."""
        read = self.cleaned_data
        return Wanted(
            is_allowed=read["allowed"] == "on",
            role_ids=tuple(read.get("roles") or ()),
            group_ids=tuple(read.get("groups") or ()),
            action_control=read["action_control"],
            chosen_actions=tuple(read.get("chosen_actions") or ()),
            new_actions=read["new_actions"],
            ask=read["ask"],
            domains=tuple(_words(read["domains"])),
            owner_id=read["owner"],
            risk=read["risk"],
            review_on=read["review_on"],
        )


class ClientForm(forms.Form):
    """Our client at the app."""

    client_id = forms.CharField(label=_("Client ID"), max_length=500)
    secret = forms.CharField(
        label=_("Client secret"),
        required=False,
        max_length=2_000,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_(
            "Stored sealed and never shown. Empty keeps the one that is there."
        ),
    )


class AskingForm(forms.Form):
    """What connectors ask before, where they say nothing of their own."""

    ask = forms.ChoiceField(label=_("Before an action"), choices=_choices(ASK_LABELS))


class AddForm(forms.Form):
    """A connector that no catalogue lists."""

    name = forms.CharField(label=_("Name"), max_length=60)
    kind = forms.ChoiceField(
        label=_("What it is"),
        widget=forms.RadioSelect,
        choices=list(_KINDS.items()),
        initial=Kind.MCP.value,
    )
    address = forms.CharField(
        label=_("Address of the MCP server, or issuer of the app"),
        required=False,
        max_length=2_000,
        help_text=_("Such as https://mcp.halden.example/tools."),
    )
    authorize = forms.CharField(
        label=_("Authorization endpoint"), required=False, max_length=2_000
    )
    token = forms.CharField(label=_("Token endpoint"), required=False, max_length=2_000)
    revoke = forms.CharField(
        label=_("Revocation endpoint"), required=False, max_length=2_000
    )
    scopes = forms.CharField(
        label=_("Scopes"),
        required=False,
        max_length=20_000,
        help_text=_("Empty asks for those that the app publishes."),
    )
    actions = forms.CharField(
        label=_("Actions, one a line"),
        required=False,
        max_length=20_000,
        widget=_lines(4),
        help_text=_(
            "Name, then reads or changes, then important where it matters: such as"
            " pages.search reads. What you leave out counts as an important change. The"
            " page of an MCP server reads them from it."
        ),
    )
    client_id = forms.CharField(
        label=_("Client ID"),
        required=False,
        max_length=500,
        help_text=_(
            "Later is early enough: the connector's page shows the redirect address"
            " that the app wants for it."
        ),
    )
    secret = forms.CharField(
        label=_("Client secret"),
        required=False,
        max_length=2_000,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )

    def clean_actions(self) -> tuple[Action, ...]:
        """The actions, or the line that is none."""
        lines = self.cleaned_data["actions"].splitlines()
        return tuple(_action(line) for line in lines if line.strip())

    def asked(self) -> Asked:
        """The connector, once the form is valid."""
        return _asked(self.cleaned_data)


class EditForm(AddForm):
    """A custom connector as it is described; what it is stays as it began."""

    def __init__(self, *args: Any, kind: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self._kind = kind
        for name in ("kind", "client_id", "secret"):
            del self.fields[name]
        typed = ("authorize", "token", "revoke")
        for name in ("address",) if kind == HAND else typed:
            del self.fields[name]

    def asked(self) -> Asked:
        """The connector, once the form is valid."""
        missing = ("address", "authorize", "token", "revoke", "client_id", "secret")
        read = {**dict.fromkeys(missing, ""), **self.cleaned_data}
        return _asked({**read, "kind": self._kind})


def described(setup: Setup) -> tuple[str, dict[str, str]]:
    """What a custom connector is, and how the form describes it now."""
    place = asked_address(setup)
    if isinstance(place, str):
        kind, places = setup.kind.value, {"address": place}
    else:
        kind = HAND
        places = {one: getattr(place, one) for one in ("authorize", "token", "revoke")}
    words = {Access.READ: "reads", Access.WRITE: "changes"}
    lines = [
        f"{one.name} {words[one.access]}{' important' if one.is_important else ''}"
        for one in setup.actions
    ]
    return kind, {
        **places,
        "name": setup.row.name,
        "scopes": " ".join(setup.row.scopes),
        "actions": "\n".join(lines),
    }


_ACCESSES = {"reads": Access.READ, "changes": Access.WRITE}


def _action(line: str) -> Action:
    name, *rest = line.split()
    is_important = rest[1:] == ["important"]
    if not rest or rest[0] not in _ACCESSES or (rest[1:] and not is_important):
        raise forms.ValidationError(
            _t("“%s” is no action: write its name, then reads or changes.") % line[:100]
        )
    return Action(
        name=name, label=name, access=_ACCESSES[rest[0]], is_important=is_important
    )


def _asked(read: dict[str, Any]) -> Asked:
    is_typed = read["kind"] == HAND
    places = Endpoints(
        authorize=read["authorize"].strip(),
        token=read["token"].strip(),
        revoke=read["revoke"].strip(),
    )
    return Asked(
        name=read["name"],
        kind=Kind.OAUTH if is_typed else Kind(read["kind"]),
        address=read["address"].strip(),
        endpoints=places if is_typed else None,
        scopes=tuple(_words(read["scopes"])),
        actions=read["actions"],
        client_id=read["client_id"].strip(),
        secret=read["secret"],
    )


def _words(text: str) -> list[str]:
    return [one for one in _WORDS.split(text) if one]


def initial_of(wanted: Wanted, *, owner: str) -> dict[str, Any]:
    """The settings as the form shows them."""
    return {
        "allowed": "on" if wanted.is_allowed else "off",
        "roles": list(wanted.role_ids),
        "groups": list(wanted.group_ids),
        "domains": "\n".join(wanted.domains),
        "action_control": ActionControl(wanted.action_control).value,
        "chosen_actions": list(wanted.chosen_actions),
        "new_actions": NewActions(wanted.new_actions).value,
        "ask": wanted.ask,
        "owner": owner,
        "risk": Risk(wanted.risk).value,
        "review_on": wanted.review_on,
    }
