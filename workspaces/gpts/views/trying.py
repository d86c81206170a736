"""Tries an act for a form: what is refused is said on it, and changes nothing."""

from collections.abc import Callable
from typing import TypeVar

from django import forms
from django.db import transaction

from kit.refusals import Refused

ResultT = TypeVar("ResultT")


def attempted(form: forms.Form, act: Callable[[], ResultT]) -> ResultT | None:
    """The result, or None with the refusal on the form; what is not there stays so."""
    try:
        with transaction.atomic():
            return act()
    except Refused as refusal:
        if refusal.status == 404:
            raise
        form.add_error(None, str(refusal))
        return None
