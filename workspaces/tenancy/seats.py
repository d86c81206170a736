"""The types of seats: which product a member has, before roles say what they may do."""

from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class SeatType(StrEnum):
    """What a member has a seat in; the value is stored."""

    CHAT = "chat"
    CODE = "code"


# The words of the vendor's console and of its CSV files; read without regard to case.
CSV_WORDS: dict[SeatType, str] = {SeatType.CHAT: "ChatGPT", SeatType.CODE: "Codex"}

LABELS: dict[SeatType, str | Promise] = {
    SeatType.CHAT: _("Chat"),
    SeatType.CODE: _("Code only"),
}
