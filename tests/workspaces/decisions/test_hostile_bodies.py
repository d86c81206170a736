"""No body is a fault of ours, however it was put together."""

import json
from random import Random
from typing import Any

import pytest

from tests.cast import Person
from tests.workspaces.decisions.asking import (
    EVALUATION,
    EVALUATIONS,
    SEARCHES,
    FrontEnd,
)

pytestmark = pytest.mark.django_db

URLS = (EVALUATION, EVALUATIONS, *SEARCHES.values())
LEAVES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 2**63, 2**200, 1.5, 1e308, "", "\0", "\x1b[0m"),
    *("\ud800", "x" * 3000, "user", "use", "feature", "web_search.use", "gpt"),
    *("00000000-0000-0000-0000-000000000000", "*", "%", "a@b", "{}", [], {}),
)
KEYS = (
    *("subject", "action", "resource", "context", "evaluations", "options", "page"),
    *("type", "id", "name", "properties", "level", "token", "limit", "", "\0"),
    *("evaluations_semantic", "__class__", "toString"),
)


def _anything(chance: Random, depth: int) -> Any:
    kind = chance.randrange(10)
    if depth == 0 or kind < 5:
        return chance.choice(LEAVES)
    if kind < 7:
        return [_anything(chance, depth - 1) for _one in range(chance.randrange(4))]
    return {
        chance.choice(KEYS): _anything(chance, depth - 1)
        for _one in range(chance.randrange(5))
    }


def _nearly_right(chance: Random, who: str) -> dict[str, Any]:
    """A question with something else in one place."""
    body: dict[str, Any] = {
        "subject": {"type": "user", "id": who},
        "action": {"name": "use", "properties": {"level": "workspace"}},
        "resource": {"type": "feature", "id": "gpts.share"},
        "context": {},
        "page": {"limit": 1},
        "options": {"evaluations_semantic": "execute_all"},
        "evaluations": [{}, {"action": {"name": "use"}}],
    }
    place: Any = body
    while chance.random() < 0.6:
        nested = [one for one in place.values() if isinstance(one, dict) and one]
        if not nested:
            break
        place = chance.choice(nested)
    place[chance.choice([*place, chance.choice(KEYS)])] = _anything(chance, 3)
    return body


@pytest.mark.parametrize("seed", range(3))
def test_by_chance(front: FrontEnd, jun: Person, seed: int) -> None:
    chance = Random(seed)
    wrong = []
    for _number in range(60):
        body = _nearly_right(chance, jun.user.email)
        if chance.random() < 0.3:
            body = _anything(chance, 4)
        url = chance.choice(URLS)
        status = front.post(url, json.dumps(body)).status_code
        wrong += [(url, body, status)] if status not in {200, 400} else []

    assert wrong == []


@pytest.mark.parametrize("url", URLS)
@pytest.mark.parametrize(
    "body",
    [
        "[" * 100_000,
        '{"subject":' * 20_000,
        '{"context": ' + "[" * 900 + "]" * 900 + "}",
        '{"a": ' + "9" * 10_000 + "}",
        '{"a": 1e999}',
        '{"a": Infinity}',
        b"\xef\xbb\xbf{}",
        b"\xff\xfe{\x00}\x00",
        "{" + ",".join(f'"{number}": 1' for number in range(30_000)) + "}",
        '{"subject": {"type": "user", "id": "a"}, "subject": {}}',
        "{} {}",
        "\0",
    ],
    ids=lambda one: str(one)[:20],
)
def test_by_hand(front: FrontEnd, url: str, body: str | bytes) -> None:
    answer = front.post(url, body)

    assert answer.status_code == 400


@pytest.mark.parametrize("url", URLS)
def test_deep_context_is_read_or_refused(
    front: FrontEnd, jun: Person, url: str
) -> None:
    for depth in (10, 500, 900, 950, 990, 2_000):
        body = json.dumps(
            {
                "subject": {"type": "user", "id": jun.user.email},
                "action": {"name": "use"},
                "resource": {"type": "feature", "id": "gpts.use"},
                "context": {"a": 0},
            }
        ).replace("0", "[" * depth + "]" * depth)

        assert front.post(url, body).status_code in {200, 400}
