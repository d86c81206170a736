"""The kinds of use that are counted; their values are stored."""

from enum import StrEnum


class Use(StrEnum):
    """What a front end did for a member."""

    GPT = "gpt"  # asked whether a member may use a GPT, and was told yes
    CONNECTOR = "connector"  # took a member's token for an action
