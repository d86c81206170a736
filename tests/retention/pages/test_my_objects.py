"""A member deletes own memories, projects and files, and brings them back."""

import pytest
from django.test import Client

from retention.holds import services as holds
from tests import cast
from tests.cast import NOON
from tests.retention import simple
from tests.retention.conftest import Stage, days_ago


@pytest.fixture
def client(stage: Stage, noon: None) -> Client:
    return stage.member.client()


def url(row, kind: str, act: str) -> str:
    return f"/me/stored/{kind}/{row.public_id}/{act}/"


def again(stage: Stage, row):
    with stage.scope():
        return type(row).objects.get(pk=row.pk)


def test_it_says_what_goes_before_it_goes(stage: Stage, client: Client):
    project = simple.project(stage)

    page = client.get(url(project, "projects", "delete")).content.decode()

    assert "Delete “Pilot”?" in page
    assert "The conversations in it stay with whoever owns them" in page
    assert again(stage, project).deleted_at is None


def test_it_says_what_a_hold_keeps(stage: Stage, client: Client):
    project = simple.project(stage)
    holds.place(
        actor=stage.officer.actor,
        workspace=stage.workspace,
        matter="m",
        membership_ids=[stage.member.membership.pk],
        at=days_ago(1),
    )

    page = client.get(url(project, "projects", "delete")).content.decode()

    assert "On hold" in page


def test_deleted_ones_are_listed_and_come_back(stage: Stage, client: Client):
    memory = simple.memory(stage)

    client.post(url(memory, "memories", "delete"))
    assert again(stage, memory).deleted_at is not None
    listed = client.get("/me/deleted/").content.decode()
    client.post(url(memory, "memories", "restore"))

    assert "Lives in Malmö" in listed
    assert again(stage, memory).deleted_at is None


def test_what_is_past_its_undo_is_listed_without_a_way_back(
    stage: Stage, client: Client
):
    memory = simple.memory(stage, **simple.gone(8))

    listed = client.get("/me/deleted/").content.decode()
    client.post(url(memory, "memories", "restore"))

    assert "Lives in Malmö" in listed
    assert "Restore" not in listed
    assert again(stage, memory).deleted_at is not None


def test_all_of_a_kind_go_at_once_and_no_one_elses(stage: Stage, client: Client):
    mine = [simple.memory(stage), simple.memory(stage)]
    other = simple.memory(stage, stage.other)

    page = client.get("/me/stored/memories/delete/").content.decode()
    client.post("/me/stored/memories/delete/")

    assert "Delete all your memories (2)?" in page
    assert all(again(stage, row).deleted_at for row in mine)
    assert again(stage, other).deleted_at is None
    assert client.get("/me/stored/memories/delete/").status_code == 302


def test_nobody_elses_exists_and_no_other_kind_does(stage: Stage, client: Client):
    other = simple.memory(stage, stage.other)
    elsewhere = cast.person(cast.elsewhere(), "sol.ortega@brennan.example").client()

    for browser in (client, elsewhere):
        for act in ("delete", "restore"):
            assert browser.post(url(other, "memories", act)).status_code == 404
            assert browser.post(url(other, "secrets", act)).status_code == 404
    assert client.post("/me/stored/conversations/delete/").status_code == 404
    assert again(stage, other).deleted_at is None


def test_the_deletions_page_counts_other_kinds(stage: Stage, noon: None):
    simple.memory(stage, **simple.gone(2))

    page = stage.owner.client().get("/w/halden-engineering/deletions/")

    assert "Memories" in page.content.decode()


def test_the_sweep_page_shows_other_kinds(lasting: Stage, noon: None):
    simple.memory(lasting, **simple.gone(8))
    sweep = lasting.sweep(at=NOON)

    page = lasting.owner.client().get(
        f"/w/halden-engineering/sweeps/{sweep.public_id}/"
    )

    assert "Beside conversations" in page.content.decode()
