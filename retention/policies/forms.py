"""The fields of a policy, and of a floor and ceiling, with their limits in words."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from kit.content_kinds import Governed, UndoRule
from retention.policies import wording
from retention.policies.rules import LONGEST_DAYS, LONGEST_UNDO_DAYS, SHORTEST_DAYS


class PolicyForm(forms.Form):
    """How long a kind is kept, and how long what expired can come back."""

    days = forms.IntegerField(
        required=False,
        min_value=SHORTEST_DAYS,
        max_value=LONGEST_DAYS,
        error_messages={
            "invalid": _("Enter whole days, 1 to 3,650."),
            "min_value": _("Enter 1 to 3,650 days, %(show_value)s is not possible."),
            "max_value": _("Enter 1 to 3,650 days, %(show_value)s is not possible."),
        },
    )
    undo_days = forms.IntegerField(
        label=_("Can come back for"),
        min_value=0,
        max_value=LONGEST_UNDO_DAYS,
        help_text=_("Days between expiry and purge, 0 to 28."),
        error_messages={
            "required": _("Enter 0 to 28 days."),
            "invalid": _("Enter whole days, 0 to 28."),
            "min_value": _("Enter 0 to 28 days, %(show_value)s is not possible."),
            "max_value": _("Enter 0 to 28 days, %(show_value)s is not possible."),
        },
    )
    reason = forms.CharField(
        label=_("Reason, kept in the audit log"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *values: Any, kind: Governed, **more: Any) -> None:
        super().__init__(*values, **more)
        self.fields["days"].label = wording.days_label(kind)
        self.fields["days"].help_text = wording.days_help(kind)
        if kind.undo is UndoRule.NONE:
            # The next sweep takes what expired, whatever a version says.
            self.fields["undo_days"].widget = forms.HiddenInput()


class BoundsForm(forms.Form):
    """Between which days policies of one kind may keep."""

    floor_days = forms.IntegerField(
        label=_("No policy keeps shorter than"),
        required=False,
        min_value=SHORTEST_DAYS,
        max_value=LONGEST_DAYS,
        help_text=_("Empty: no floor."),
    )
    ceiling_days = forms.IntegerField(
        label=_("No policy keeps longer than"),
        required=False,
        min_value=SHORTEST_DAYS,
        max_value=LONGEST_DAYS,
        help_text=_("Empty: no ceiling."),
    )
    reason = forms.CharField(
        label=_("Reason, kept in the audit log"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def clean(self) -> dict[str, Any]:
        """A preview too needs a floor that is not above the ceiling."""
        asked: dict[str, Any] = super().clean() or {}
        floor, ceiling = asked.get("floor_days"), asked.get("ceiling_days")
        if floor and ceiling and floor > ceiling:
            raise forms.ValidationError(_("The floor is not above the ceiling."))
        return asked
