"""The policy text stands before a workspace until its member acknowledges it."""

from datetime import timedelta

import pytest

from kit import clock
from tests import cast
from tests.cast import NOON
from tests.retention.conftest import Stage
from tests.workspaces.settings import leaves
from workspaces.settings import selectors, services
from workspaces.settings.models import Acknowledgement
from workspaces.settings.services import TextHasChanged

HOME = "/w/halden-engineering/"
TEXT = "/me/policy-text/"


def set_text(stage: Stage, text: str, *, at=NOON) -> None:
    with stage.scope():
        services.set_policy_text(
            actor=stage.owner.actor, workspace=stage.workspace, text=text, at=at
        )


def acknowledge(browser, version: int = 1, **more):
    return browser.post(
        TEXT, {"in": "halden-engineering", "version": str(version), **more}
    )


def test_it_stands_before_the_pages_and_leads_on_once_acknowledged(stage: Stage):
    set_text(stage, "No secrets.")
    browser = stage.officer.client()

    stopped = browser.get(HOME + "members/?q=a")
    page = browser.get(stopped["Location"]).content.decode()
    done = acknowledge(browser, next=HOME + "members/?q=a")

    assert stopped.status_code == 302
    assert stopped["Location"].startswith(TEXT)
    assert "No secrets." in page
    assert done["Location"] == HOME + "members/?q=a"
    assert browser.get(HOME + "members/?q=a").status_code == 200


def test_it_is_noted_who_did_it_which_version_and_when(stage: Stage):
    set_text(stage, "No secrets.")

    acknowledge(stage.member.client())

    with stage.scope():
        (row,) = Acknowledgement.objects.all()
    assert (row.membership_id, row.version, row.acknowledged_at) == (
        *(stage.member.membership.pk, 1),
        NOON,
    )
    (entry,) = leaves.of(stage, "workspaces.policy-text.acknowledged")
    assert entry["target_id"] == str(stage.member.membership.public_id)


def test_it_stops_no_page_of_ones_own_and_not_signing_out(stage: Stage):
    set_text(stage, "No secrets.")
    browser = stage.member.client()

    for address in ("/me/", "/me/deleted/", "/me/sessions/", "/me/memories/"):
        assert browser.get(address).status_code == 200
    assert browser.post("/accounts/sign-out/").status_code in (200, 302, 404)


def test_a_post_is_stopped_too_and_changes_nothing(stage: Stage):
    set_text(stage, "No secrets.")

    answer = stage.owner.client().post(HOME + "settings/rename/", {"name": "X"})

    assert answer.status_code == 302
    assert answer["Location"].startswith(TEXT)


@pytest.mark.parametrize(("days", "status"), [(29, 200), (30, 302)])
def test_it_is_asked_again_after_thirty_days(stage: Stage, days, status):
    set_text(stage, "No secrets.")
    browser = stage.officer.client()
    acknowledge(browser)

    with clock.fixed_at(NOON + timedelta(days=days)):
        assert browser.get(HOME).status_code == status


def test_it_is_asked_again_when_it_changes_and_no_more_when_it_ends(stage: Stage):
    set_text(stage, "No secrets.")
    browser = stage.officer.client()
    acknowledge(browser)

    set_text(stage, "No secrets at all.")
    assert browser.get(HOME).status_code == 302
    assert acknowledge(browser, 1).status_code == 409
    set_text(stage, "")

    assert browser.get(HOME).status_code == 200
    assert browser.get(TEXT + "?in=halden-engineering").status_code == 302


@pytest.mark.parametrize("version", ["2", "0", "", "-1", "9" * 30, "x", "²"])
def test_only_the_version_in_force_is_acknowledged(stage: Stage, version):
    set_text(stage, "No secrets.")

    answer = stage.member.client().post(
        TEXT, {"in": "halden-engineering", "version": version}
    )

    assert answer.status_code == 409
    with stage.scope():
        assert not Acknowledgement.objects.exists()
        with pytest.raises(TextHasChanged):
            services.acknowledge(
                actor=stage.member.actor,
                workspace=stage.workspace,
                member=stage.member.membership.public_id,
                version=9,
                at=NOON,
            )


@pytest.mark.parametrize("path", ["https://evil.example/", "//evil.example", "x"])
def test_it_leads_to_no_other_site(stage: Stage, path):
    set_text(stage, "No secrets.")

    answer = acknowledge(stage.member.client(), next=path)

    assert answer["Location"] == HOME


def test_a_workspace_that_one_is_not_in_has_none(stage: Stage):
    other = cast.elsewhere()

    answer = stage.member.client().get(f"{TEXT}?in={other.slug}")

    assert answer.status_code == 404


def test_admins_see_the_share_who_did(stage: Stage):
    set_text(stage, "No secrets.")
    for person in (stage.owner, stage.member):
        acknowledge(person.client())
    acknowledge(stage.member.client())

    with stage.scope():
        text = selectors.current()
        assert text is not None
        found = selectors.share(text=text, at=NOON)
        later = selectors.share(text=text, at=NOON + timedelta(days=31))

    assert (found.acknowledged, found.members) == (2, 4)
    assert later.acknowledged == 0
    page = stage.owner.client().get(HOME + "settings/").content.decode()
    assert "of 4 active members" in page


def test_signing_in_leads_to_the_text_first(stage: Stage):
    set_text(stage, "No secrets.")

    answer = stage.member.client().get("/")

    assert answer.status_code == 302
    assert answer["Location"].startswith(TEXT)
