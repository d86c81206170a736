"""Shows a card of the overview with its own context and nothing else of the page."""

from typing import Any

from django import template
from django.template.context import Context
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from kit.overview import CardView

register = template.Library()


@register.simple_tag(takes_context=True)
def overview_card(context: Context, card: CardView) -> SafeString:
    """`{% overview_card card %}`: the card's template under the card's context."""
    own: dict[str, Any] = {"card": card, "now": context.get("now"), **card.context}
    return render_to_string(card.template, own, request=context.get("request"))
