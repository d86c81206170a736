"""Owners rename a workspace and set its policy text; others see both at most."""

import pytest
from django.db import IntegrityError, transaction

from tests.cast import NOON
from tests.retention.conftest import Stage
from tests.workspaces.settings import leaves
from workspaces.settings import services
from workspaces.settings.models import Acknowledgement, PolicyText
from workspaces.tenancy.models import Workspace

URL = "/w/halden-engineering/settings/"


def name(stage: Stage) -> str:
    with stage.scope():
        return Workspace.objects.get(pk=stage.workspace.id).name


def texts(stage: Stage) -> list[str]:
    with stage.scope():
        return [t.text for t in PolicyText.objects.order_by("version")]


def test_an_owner_renames_it_and_that_is_recorded_without_the_name(stage: Stage):
    answer = stage.owner.client().post(URL + "rename/", {"name": "Halden Works"})

    assert answer.status_code == 302
    assert name(stage) == "Halden Works"
    (entry,) = leaves.of(stage, "workspaces.workspace.renamed")
    assert "Works" not in str(entry)
    assert set(entry["commit"]) >= {"change.name"}


@pytest.mark.parametrize("wanted", ["", "  ", "x" * 300, "Halden Engineering"])
def test_a_bad_or_the_same_name_is_refused(stage: Stage, wanted):
    answer = stage.owner.client().post(URL + "rename/", {"name": wanted})

    assert answer.status_code == 422
    assert name(stage) == "Halden Engineering"


def test_others_change_nothing(stage: Stage):
    for person in (stage.officer, stage.member):
        browser = person.client()
        for act, data in (("rename/", {"name": "X"}), ("text/", {"text": "X"})):
            assert browser.post(URL + act, data).status_code == 403
    page = stage.officer.client().get(URL).content.decode()
    assert "Rename the workspace" not in page
    assert stage.member.client().get(URL).status_code == 403
    assert texts(stage) == []


def test_a_policy_text_is_set_versioned_and_recorded(stage: Stage):
    browser = stage.owner.client()

    browser.post(URL + "text/", {"text": "No secrets.\r\n\r\nBe kind."})
    with stage.scope():
        services.acknowledge(
            actor=stage.owner.actor,
            workspace=stage.workspace,
            member=stage.owner.membership.public_id,
            version=1,
            at=NOON,
        )
    browser.post(URL + "text/", {"text": "No secrets at all."})

    assert texts(stage) == ["No secrets.\n\nBe kind.", "No secrets at all."]
    first, second = leaves.of(stage, "workspaces.policy-text.set")
    assert (first["counts"], second["counts"]) == ({"version": 1}, {"version": 2})
    assert "secrets" not in str(first)


@pytest.mark.parametrize("text", ["No secrets.", " No secrets.\n", "x" * 10_001])
def test_the_same_or_too_long_a_text_is_refused(stage: Stage, text):
    with stage.scope():
        services.set_policy_text(
            actor=stage.owner.actor,
            workspace=stage.workspace,
            text="No secrets.",
            at=NOON,
        )
        services.acknowledge(
            actor=stage.owner.actor,
            workspace=stage.workspace,
            member=stage.owner.membership.public_id,
            version=1,
            at=NOON,
        )

    answer = stage.owner.client().post(URL + "text/", {"text": text})

    assert answer.status_code == 422
    assert texts(stage) == ["No secrets."]


@pytest.mark.parametrize(
    ("values", "refusal"),
    [({"version": 1}, "policytext_version_once"), ({"version": 0}, "version_counts")],
)
def test_the_database_refuses_wrong_versions(stage: Stage, values, refusal):
    row = {
        "workspace_id": stage.workspace.id,
        "text": "x",
        "set_at": NOON,
        "set_by": "x",
    }
    with stage.scope():
        PolicyText.objects.create(**row, version=1)
    with (
        stage.scope(),
        pytest.raises(IntegrityError, match=refusal),
        transaction.atomic(),
    ):
        PolicyText.objects.create(**row, **values)


def test_nobody_acknowledges_a_version_that_is_not_there(stage: Stage):
    with (
        stage.scope(),
        pytest.raises(IntegrityError, match="version_fk"),
        transaction.atomic(),
    ):
        Acknowledgement.objects.create(
            workspace_id=stage.workspace.id,
            membership=stage.member.membership,
            version=7,
            acknowledged_at=NOON,
        )
