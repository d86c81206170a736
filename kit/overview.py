"""The cards of the overview: slices above register theirs, `workspaces` shows them.

Registered once from `AppConfig.ready`; a card is built under the workspace's scope for
an actor who holds its permission.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.utils.functional import Promise

from kit.actor import Actor
from kit.permissions import Permission


class Status(StrEnum):
    """How things stand on one card, from the calm to the urgent."""

    OK = "ok"
    RUN = "run"
    HELD = "held"
    OFF = "off"
    WAIT = "wait"
    WARN = "warn"
    BAD = "bad"


class Place(StrEnum):
    """Where a card stands; the main ones carry a chart, the stats one number."""

    MAIN = "main"
    SIDE = "side"
    STAT = "stat"


@dataclass(frozen=True, kw_only=True)
class Task:
    """Something that waits for this person.

    It leads to `action_url`, or to `page`, the URL name of a page of the workspace: for
    cards of layers that know no workspace's address.
    """

    title: str | Promise
    action_label: str | Promise
    action_url: str = ""
    page: str = ""
    fact: str | Promise = ""
    icon_name: str = "alert-triangle"
    tone: str = "warn"


@dataclass(frozen=True, kw_only=True)
class CardView:
    """What a card shows today. `sentence` may become the verdict of the whole page."""

    status: Status
    sentence: str | Promise
    template: str
    context: Mapping[str, Any] = field(default_factory=dict)
    tasks: tuple[Task, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Card:
    """One card: where and for whom; `build(actor, at)` gives None to stay away."""

    name: str
    order: int
    build: Callable[[Actor, datetime], CardView | None]
    place: Place = Place.STAT
    permission: Permission = Permission.OVERVIEW_VIEW


class CardIsTaken(Exception):
    """Two cards were registered under one name."""


_cards: dict[str, Card] = {}


def register(card: Card) -> None:
    """Put a card on the overview."""
    if _cards.get(card.name, card) != card:
        raise CardIsTaken(card.name)
    _cards[card.name] = card


def cards_for(actor: Actor) -> list[Card]:
    """The cards that the actor may see, in their order."""
    mine = [card for card in _cards.values() if actor.may(card.permission)]
    return sorted(mine, key=lambda card: (card.order, card.name))
