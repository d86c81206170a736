"""Reads what a group shall be called, and which groups and members are looked for."""

from django import forms
from django.utils.translation import gettext_lazy as _


class FindForm(forms.Form):
    """The beginning of a group's name."""

    q = forms.CharField(
        label=_("Name begins with"), required=False, max_length=200, strip=True
    )


class PickForm(forms.Form):
    """Whom to look for when somebody is added."""

    find = forms.CharField(
        label=_("Name or address begins with"),
        required=False,
        max_length=254,
        strip=True,
    )


class GroupForm(forms.Form):
    """A name, and whether every member may find the group."""

    name = forms.CharField(
        label=_("Name"),
        max_length=200,
        error_messages={"required": _("Give the group a name.")},
    )
    is_discoverable = forms.BooleanField(
        label=_("Members find this group when they share something"),
        required=False,
    )


class ManagedGroupForm(forms.Form):
    """What is changed here of a group that the identity provider keeps."""

    is_discoverable = forms.BooleanField(
        label=_("Members find this group when they share something"),
        required=False,
    )


class MemberForm(forms.Form):
    """The member who is added or taken out."""

    member = forms.UUIDField()


class DeleteForm(forms.Form):
    """The name of the group, typed."""

    typed_name = forms.CharField(max_length=200, strip=True, required=False)
