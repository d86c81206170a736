"""Reading a query: what it says, its one text, and where it goes wrong."""

import pytest

from audit.log.actions import CATALOG
from audit.query import vocabulary
from audit.query.rules import (
    EVERYTHING,
    LONGEST,
    MOST_TERMS,
    MOST_VALUES,
    QueryRefused,
    Term,
    parse,
)

ID = "11111111-2222-4333-8444-555555555555"


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("", ""),
        ("   ", ""),
        ("area:retention", "area:retention"),
        ("  area:retention   outcome:refused ", "area:retention outcome:refused"),
        ('area:"retention"', "area:retention"),
        ("area:retention,holds", "area:retention,holds"),
        ("area:retention,retention", "area:retention"),
        ("area:holds area:holds", "area:holds"),
        ("-outcome:success", "-outcome:success"),
        ("action:retention.*", "action:retention.*"),
        ("at>=-7d at<2026-11-24T09:15Z", "at>=-7d at<2026-11-24T09:15Z"),
        ("at:2026-11-24", "at:2026-11-24"),
        ("index>=007 index<20 epoch:1", "index>=7 index<20 epoch:1"),
        (f"actor:{ID} actor:sweeper", f"actor:{ID} actor:sweeper"),
        (f"target:{ID.upper()}", f"target:{ID}"),
        ("actor_kind:user,unreadable", "actor_kind:user,unreadable"),
        ("target_kind:api_key", "target_kind:api_key"),
    ],
)
def test_a_query_has_one_text_that_parses_to_itself(text: str, canonical: str) -> None:
    query = parse(text)

    assert query.text == canonical
    assert parse(query.text) == query


@pytest.mark.parametrize(
    ("text", "position", "says"),
    [
        ("retention", 0, "“retention” is no filter. Write key:value"),
        ("area:retention sweeps", 15, "“sweeps” is no filter"),
        ("-", 0, "“-” is no filter"),
        ("colour:red", 0, "there is no “colour”. There are: area, action"),
        ("-colour:red", 1, "there is no “colour”"),
        ("area:kitchen", 5, "“kitchen” is none of: organization, members"),
        ("area:", 5, "a value of “area” is missing"),
        ("area:retention,", 15, "a value of “area” is missing"),
        ("area:retention,,holds", 15, "a value of “area” is missing"),
        ("area>=retention", 4, "“area” is followed by :, not by “>=”"),
        ("at>2026-11-24", 2, "“at” is followed by : >= <, not by “>”"),
        ("at>=yesterday", 4, "“yesterday” is no time"),
        ("at>=-7y", 4, "“-7y” is no time"),
        ("at>=2026-13-01", 4, "is no time"),
        ("at>=0001-01-01", 4, "is no time"),
        ("at<9999-12-31", 3, "is no time"),
        ("at:-7d", 3, "“at:” takes a day"),
        ("at>=2026-11-01,2026-11-02", 15, "“>=” takes one value"),
        ("index:many", 6, "is no number"),
        ("index:9223372036854775808", 6, "is no number"),
        ("epoch:2147483648", 6, "is no number"),
        ("epoch:²", 6, "is no number"),
        ("action:retention.policy.guessed", 7, "There is no action"),
        ("action:nothing.*", 7, "There is no action"),
        ("actor:mara@halden.example", 6, "give the id, not a name or an address"),
        ("target:9", 7, "“9” is no id: give a UUID"),
        ("target_kind:\x00", 12, "is no kind"),
        ('area:"retention', 5, "the quotation mark is never closed"),
        ('area:"retention"outcome:refused', 16, "put a space between two terms"),
        ('area:re"tention"', 5, "is none of"),
    ],
)
def test_what_is_no_query_is_refused_at_its_place(
    text: str, position: int, says: str
) -> None:
    with pytest.raises(QueryRefused) as refused:
        parse(text)

    assert refused.value.position == position
    assert says in refused.value.sentence
    assert str(refused.value).startswith(f"At character {position + 1} of the query")
    assert refused.value.status == 400


def test_a_query_has_limits() -> None:
    numbers = ",".join(str(number) for number in range(MOST_VALUES + 1))

    for text in (
        "x" * (LONGEST + 1),
        " ".join(f"index:{number}" for number in range(MOST_TERMS + 1)),
        f"index:{numbers}",
    ):
        with pytest.raises(QueryRefused, match="at most"):
            parse(text)


def test_an_action_with_a_star_means_those_of_the_catalogue() -> None:
    meant = vocabulary.names_of("retention.hold.*")

    assert "retention.hold.placed" in meant
    assert all(name.startswith("retention.hold.") for name in meant)
    assert set(vocabulary.names_of("*")) == set(CATALOG)


def test_values_are_toggled_one_by_one() -> None:
    query = parse("area:retention -outcome:success")

    both = query.toggled("area", "holds")
    other = both.toggled("area", "retention")

    assert both.text == "area:retention,holds -outcome:success"
    assert other.text == "area:holds -outcome:success"
    assert other.toggled("area", "holds").text == "-outcome:success"
    assert query.toggled("outcome", "error").text.endswith("outcome:error")
    assert both.chosen("area") == ("retention", "holds")
    assert query.chosen("outcome") == ()


def test_terms_are_added_and_taken_away() -> None:
    query = parse("area:retention at>=-7d at<-1d")

    assert query.without("at").text == "area:retention"
    assert query.dropping(query.terms[0]).text == "at>=-7d at<-1d"
    fresh = Term(key="outcome", values=("refused",))
    assert query.having(fresh, fresh).text == f"{query.text} outcome:refused"
    assert EVERYTHING.text == ""
