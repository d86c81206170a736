"""What people write about an incident, what they set of a rule, and who is paged."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from audit.incidents.rules import LONGEST_MINUTES, MOST, MOST_CONTACTS
from audit.incidents.services.handling import LONGEST_NAME, LONGEST_NOTE
from audit.incidents.services.noticing import AUDIENCES, LONGEST_NOTICE, Audience
from audit.incidents.services.rota import LONGEST_URL
from kit.on_call import Reachable


class TextForm(forms.Form):
    """A text, as a note or as what was done."""

    text = forms.CharField(
        label=_("Text"),
        max_length=LONGEST_NOTE,
        widget=forms.Textarea({"rows": 3}),
        help_text=_("Sealed; the audit log tells that you wrote, not what."),
    )


class OwnerForm(forms.Form):
    """Who goes on with it."""

    owner = forms.CharField(label=_("New owner"), max_length=LONGEST_NAME)


class NoticeForm(forms.Form):
    """What people are told of an incident, and who is."""

    audience = forms.ChoiceField(label=_("To"))
    text = forms.CharField(
        label=_("Message"),
        max_length=LONGEST_NOTICE,
        widget=forms.Textarea({"rows": 6}),
        help_text=_(
            "What happened, whom it concerns, what was done, what they should do. It"
            " goes by mail, which cannot be taken back: name no content of anybody."
        ),
    )

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        to: Sequence[Audience],
        **more: Any,
    ) -> None:
        super().__init__(data, **more)
        choices = [(one.value, AUDIENCES[one]) for one in to]
        self.fields["audience"].choices = choices  # type: ignore[attr-defined]


class RuleForm(forms.Form):
    """One rule."""

    is_on = forms.BooleanField(label=_("Opens incidents"), required=False)
    threshold = forms.IntegerField(
        label=_("From how many"), min_value=1, max_value=MOST
    )
    minutes = forms.IntegerField(
        label=_("Within how many minutes"), min_value=1, max_value=LONGEST_MINUTES
    )


class RotaForm(forms.Form):
    """The contacts in their order, one a field; empty fields are passed over.

    There are no more fields than people who can be chosen.
    """

    minutes = forms.IntegerField(
        label=_("Minutes until the next contact is paged"),
        min_value=1,
        max_value=LONGEST_MINUTES,
    )

    def __init__(
        self,
        data: Mapping[str, Any] | None,
        *,
        people: Sequence[Reachable],
        stored: Sequence[UUID],
        minutes: int,
    ) -> None:
        super().__init__(data, initial={"minutes": minutes})
        choices = [("", _("Nobody")), *((str(one.person), one.email) for one in people)]
        self._names = [f"contact{n}" for n in range(min(len(people), MOST_CONTACTS))]
        for n, name in enumerate(self._names):
            label = gettext("First") if n == 0 else gettext("Then (%d)") % (n + 1)
            self.fields[name] = forms.ChoiceField(
                label=label,
                choices=choices,
                required=False,
                initial=str(stored[n]) if n < len(stored) else "",
            )
        self.order_fields([*self._names, "minutes"])

    def contacts(self) -> list[UUID]:
        """Who was chosen, in their order."""
        chosen = (self.cleaned_data[name] for name in self._names)
        return [UUID(one) for one in chosen if one]


class WebhookForm(forms.Form):
    """Where a webhook is."""

    url = forms.CharField(
        label=_("Address"),
        max_length=LONGEST_URL,
        widget=forms.URLInput({"placeholder": "https://"}),
        help_text=_("Begins with https://. Stored sealed; only its host is shown."),
    )
