"""Arranging the nodes of a conversation."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from workspaces.content.tree import Damage, Link, arrange

START = datetime(2026, 1, 1, tzinfo=UTC)


def linked(**parents: str | None) -> dict[str, Link]:
    return {
        key: Link(parent=parent, names_parent=True, at=START + timedelta(minutes=place))
        for place, (key, parent) in enumerate(parents.items())
    }


def test_a_parent_comes_before_its_children_whatever_the_file_order() -> None:
    found = arrange(links=linked(leaf="middle", middle="root", root=None), current=None)

    assert found.keys == ("root", "middle", "leaf")
    assert found.parents == (None, 0, 1)
    assert not found.damage


def test_siblings_keep_the_order_that_their_parent_gives() -> None:
    links = linked(root=None, first="root", second="root")
    links["root"] = Link(names_parent=True, children=("second", "first"))

    assert arrange(links=links, current=None).keys == ("root", "second", "first")


def test_the_shown_path_leads_from_the_current_message_to_the_root() -> None:
    links = linked(root=None, old="root", new="root", answer="old")

    found = arrange(links=links, current="answer")

    assert {found.keys[place] for place in found.path} == {"root", "old", "answer"}


def test_without_a_current_message_the_newest_leaf_is_shown() -> None:
    found = arrange(links=linked(root=None, old="root", new="root"), current=None)

    assert {found.keys[place] for place in found.path} == {"root", "new"}


def test_nodes_without_any_links_follow_one_another() -> None:
    found = arrange(links={"a": Link(), "b": Link(), "c": Link()}, current=None)

    assert found.parents == (None, 0, 1)
    assert found.path == {0, 1, 2}
    assert not found.damage


def test_nodes_that_name_only_children_get_their_parents_from_them() -> None:
    links = {"a": Link(children=("b",)), "b": Link()}

    assert arrange(links=links, current=None).parents == (None, 0)


def test_links_into_nowhere_are_mended_and_told() -> None:
    links = linked(a="gone", b="a")
    links["b"] = Link(parent="a", names_parent=True, children=("lost",))

    found = arrange(links=links, current="nobody")

    assert found.parents == (None, 0)
    assert found.damage == {
        Damage.LOST_PARENT,
        Damage.LOST_CHILD,
        Damage.LOST_CURRENT,
    }


def test_a_cycle_is_cut_and_told() -> None:
    found = arrange(links=linked(root=None, a="c", b="a", c="b"), current="c")

    assert found.keys == ("root", "a", "b", "c")
    assert found.parents == (None, None, 1, 2)
    assert found.damage == {Damage.CYCLE}


def test_a_node_that_is_its_own_parent_is_a_cycle() -> None:
    found = arrange(links=linked(a="a"), current=None)

    assert found.parents == (None,)
    assert found.damage == {Damage.CYCLE}


def test_a_chain_of_ten_thousand_messages_is_no_recursion() -> None:
    names = [f"n{place}" for place in range(10_000)]
    parents = dict(zip(names, [None, *names], strict=False))

    found = arrange(links=linked(**parents), current=None)

    assert found.keys == tuple(names)
    assert len(found.path) == 10_000


KEYS = st.sampled_from("abcdefgh")
LINKS = st.builds(
    Link,
    parent=st.none() | KEYS,
    names_parent=st.booleans(),
    children=st.none() | st.lists(KEYS).map(tuple),
)


@given(links=st.dictionaries(KEYS, LINKS), current=st.none() | KEYS)
def test_whatever_the_links_every_node_has_one_place_below_its_parent(
    links: dict[str, Link], current: str | None
) -> None:
    found = arrange(links=links, current=current)

    assert sorted(found.keys) == sorted(links)
    assert all(
        parent is None or parent < place for place, parent in enumerate(found.parents)
    )
    assert found.path <= set(range(len(links)))
