"""The filters of the list, as a form that is the query string."""

from datetime import date
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator
from django.utils.translation import gettext_lazy as _

from audit.explorer.presenters import KIND_LABELS
from audit.log.actions import AREA_LABELS, CATALOG

_ANY: tuple[str, Any] = ("", _("Any"))
# "Until" means the midnight after it, which the calendar must still have.
_CALENDAR = MaxValueValidator(date(9998, 12, 31), _("Give a day before the year 9999."))


class FilterForm(forms.Form):
    """Area, action, who, result and days; all may stay empty."""

    area = forms.ChoiceField(
        label=_("Area"), required=False, choices=[_ANY, *AREA_LABELS.items()]
    )
    action = forms.ChoiceField(
        label=_("Action"),
        required=False,
        choices=[_ANY, *((name, action.label) for name, action in CATALOG.items())],
    )
    actor_kind = forms.ChoiceField(
        label=_("Done by"), required=False, choices=[_ANY, *KIND_LABELS.items()]
    )
    outcome = forms.ChoiceField(
        label=_("Result"),
        required=False,
        choices=[
            _ANY,
            ("success", _("Done")),
            ("refused", _("Refused")),
            ("error", _("Failed")),
        ],
    )
    since = forms.DateField(
        label=_("From"),
        required=False,
        widget=forms.DateInput({"type": "date"}),
        validators=[_CALENDAR],
    )
    until = forms.DateField(
        label=_("To"),
        required=False,
        widget=forms.DateInput({"type": "date"}),
        validators=[_CALENDAR],
    )
    actor = forms.CharField(
        required=False, max_length=80, widget=forms.HiddenInput, label=_("Person")
    )
