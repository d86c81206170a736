"""The verdict of the overview."""

import pytest

from workspaces.overview.rules import Standing, answer


@pytest.mark.parametrize(
    ("statuses", "verdict", "sentences"),
    [
        ([], "ok", ()),
        (["ok", "wait", "held", "off", "run"], "ok", ()),
        (["ok", "warn"], "warn", ("1",)),
        (["bad", "warn", "bad"], "bad", ("0", "2")),
    ],
)
def test_the_worst_card_speaks(
    statuses: list[str], verdict: str, sentences: tuple[str, ...]
) -> None:
    standings = [
        Standing(status=status, sentence=str(number))
        for number, status in enumerate(statuses)
    ]

    found = answer(standings)

    assert (found.verdict, found.sentences) == (verdict, sentences)
