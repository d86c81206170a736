"""Reads which members were chosen, and what shall be done to them."""

from typing import Any
from uuid import UUID

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from kit.refusals import Refused
from workspaces.bulk.acts import Act, Order
from workspaces.bulk.selectors import Choice
from workspaces.members.forms import ROLES, SEATS, FindForm

MOST_IDS = 500

ACT_LABELS = {
    Act.ROLE: _("Change the role"),
    Act.SEAT: _("Change the seat"),
    Act.SUSPEND: _("Suspend"),
    Act.REACTIVATE: _("Let back in"),
    Act.REMOVE: _("Remove"),
}


class NobodyIsChosen(Refused):
    """Nothing can be done to nobody."""

    status = 422


class OrderForm(forms.Form):
    """What shall be done."""

    act = forms.ChoiceField(label=_("What"))
    role = forms.ChoiceField(label=_("Role"), choices=ROLES, required=False)
    seat = forms.ChoiceField(label=_("Seat"), choices=SEATS, required=False)

    def __init__(self, *arguments: Any, acts: list[Act], **options: Any) -> None:
        super().__init__(*arguments, **options)
        choices = [(act.value, ACT_LABELS[act]) for act in acts]
        self.fields["act"].choices = choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """An act with a value needs it."""
        asked = super().clean() or {}
        act = asked.get("act")
        if act in {Act.ROLE, Act.SEAT} and not asked.get(act):
            self.add_error(act, _t("Choose one."))
        return asked

    def order(self) -> Order:
        """The act with its value."""
        act = Act(self.cleaned_data["act"])
        return Order(act=act, value=self.cleaned_data.get(act.value, ""))


def choice_of(sent: QueryDict) -> Choice:
    """The members that a list's form names, or all that fit its filters."""
    if sent.get("whom") == "all":
        form = FindForm(sent)
        if not form.is_valid():
            raise NobodyIsChosen(_t("These filters mean nothing here."))
        return Choice(wanted=form.wanted())
    named = sent.getlist("member")
    if len(named) > MOST_IDS:
        raise NobodyIsChosen(
            _t("Choose at most %d members by hand, or all that fit filters.") % MOST_IDS
        )
    ids = tuple(found for one in named if (found := _uuid(one)))
    if not ids:
        raise NobodyIsChosen(_t("Choose at least one member of the list first."))
    return Choice(ids=ids)


def fields_of(choice: Choice) -> list[tuple[str, str]]:
    """The same as hidden fields of the next form."""
    if choice.wanted is not None:
        return [("whom", "all"), *choice.wanted.as_query().items()]
    return [("whom", "chosen"), *(("member", str(one)) for one in choice.ids)]


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
