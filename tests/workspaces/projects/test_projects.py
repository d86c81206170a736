"""Members keep projects, share them, put files and their own conversations in."""

from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests import cast
from tests.cast import NOON, OPERATOR, Person
from tests.retention import simple
from tests.retention.conftest import Stage, days_ago
from tests.workspaces.projects.conftest import turn_off
from workspaces.access.features import Feature
from workspaces.content.models import Conversation
from workspaces.groups.models import Group, GroupMember
from workspaces.members import services as members
from workspaces.offboarding.models import Departure
from workspaces.offboarding.services import offboard
from workspaces.projects import limits, selectors, services
from workspaces.projects.models import Project, ProjectFile, ProjectShare
from workspaces.projects.services import NotAllowed, TooMany

URL = "/me/projects/"
WORDS = {"name": "Harbor pilot", "instructions": "Answer in Swedish"}


def url(project: Project, rest: str = "") -> str:
    return f"{URL}{project.public_id}/{rest}"


def only(stage: Stage, model=Project):
    with stage.scope():
        return model.objects.get()


def page(person: Person, address: str) -> str:
    answer = person.client().get(address)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def group_of(stage: Stage, person: Person, **more) -> Group:
    with stage.scope():
        group = Group.objects.create(
            workspace_id=stage.workspace.id,
            name="Crew",
            folded_name="crew",
            source="portal",
            created_at=NOON,
            **more,
        )
        GroupMember.objects.create(
            workspace_id=stage.workspace.id,
            group=group,
            subject=person.membership.public_id,
            membership=person.membership,
        )
        return group


def test_a_project_is_made_sealed_and_shown_to_its_owner(stage: Stage):
    answer = stage.member.client().post(URL + "new/", WORDS)

    project = only(stage)
    assert answer.status_code == 302
    assert b"Harbor" not in bytes(project.name)
    assert b"Swedish" not in bytes(project.instructions)
    assert "Harbor pilot" in page(stage.member, URL)
    assert "Answer in Swedish" in page(stage.member, url(project))


def test_making_changing_sharing_and_filing_are_recorded(stage: Stage):
    browser = stage.member.client()
    browser.post(URL + "new/", WORDS)
    project = only(stage)
    browser.post(url(project, "change/"), WORDS | {"name": "Quay"})
    browser.post(
        url(project, "share/"),
        {"email": stage.other.membership.email, "right": "use"},
    )
    browser.post(url(project, f"shares/{only(stage, ProjectShare).public_id}/end/"))
    chat = stage.conversation()
    browser.post(url(project, "put/"), {"conversation": str(chat.public_id)})

    found = recorded(stage)
    assert [one["action"].partition(".")[2] for one in found] == [
        *("project.created", "project.changed", "project.shared"),
        *("project.unshared", "conversation.filed"),
    ]
    assert not any("Quay" in str(one) or "okafor" in str(one) for one in found)


def recorded(stage: Stage) -> list[dict]:
    from django.db import connection

    with stage.scope(), connection.cursor() as cursor:
        cursor.execute(
            "select convert_from(leaf, 'UTF8')::json from audit_entry"
            " where convert_from(leaf, 'UTF8')::json ->> 'action'"
            " ~ '^workspaces.(project|conversation)' order by id"
        )
        return [row[0] for row in cursor.fetchall()]


@pytest.mark.parametrize(
    "words",
    [
        {"name": ""},
        {"name": "x" * (limits.NAME + 1)},
        {"name": "x", "instructions": "y" * (limits.INSTRUCTIONS + 1)},
        {"name": "a\x00b"},
    ],
)
def test_bad_words_are_refused(stage: Stage, words):
    project = simple.project(stage)
    browser = stage.member.client()

    assert browser.post(URL + "new/", words).status_code == 400
    assert browser.post(url(project, "change/"), words).status_code == 400
    assert "Pilot" in page(stage.member, url(project))


def test_nobody_else_sees_it(stage: Stage):
    project = simple.project(stage)
    stranger = cast.person(cast.elsewhere(), "sol.ortega@brennan.example")

    for person in (stage.owner, stage.other, stage.officer, stranger):
        browser = person.client()
        assert browser.get(url(project)).status_code == 404
        assert browser.post(url(project, "change/"), WORDS).status_code == 404
        assert browser.post(url(project, "share/"), {}).status_code == 404
        assert browser.get(url(project, f"files/{uuid4()}/")).status_code == 404
    assert "Pilot" not in page(stage.owner, URL)


def test_a_share_shows_words_and_files_but_no_conversation(stage: Stage):
    project = simple.project(stage)
    simple.file(stage, project)
    stage.conversation(project_id=project.pk)
    stage.member.client().post(
        url(project, "share/"),
        {"email": stage.other.membership.email.upper(), "right": "use"},
    )

    seen = page(stage.other, url(project))

    assert "Pilot" in page(stage.other, URL)
    assert "plan.pdf" in seen
    assert "Salary bands" not in seen
    assert "Who else sees it" not in seen
    assert stage.other.client().post(url(project, "change/"), WORDS).status_code == 403
    reads = [
        one["counts"]["files"]
        for one in recorded(stage)
        if one["action"] == "workspaces.project.read"
    ]
    assert reads == [0]


def test_an_editor_changes_words_and_a_group_share_reaches_its_members(stage: Stage):
    project = simple.project(stage)
    group = group_of(stage, stage.other)
    owner = stage.member.client()
    owner.post(url(project, "share/"), {"group": str(group.public_id), "right": "edit"})

    answer = stage.other.client().post(url(project, "change/"), WORDS)

    assert answer.status_code == 302
    assert "Harbor pilot" in page(stage.member, url(project))
    assert (
        stage.other.client().post(url(project, "share/"), {"right": "use"}).status_code
        == 400
    )


def test_ending_a_share_closes_the_project_at_once(stage: Stage):
    project = simple.project(stage)
    share = simple.share(stage, project, stage.other)

    stage.member.client().post(url(project, f"shares/{share.public_id}/end/"))

    assert stage.other.client().get(url(project)).status_code == 404


@pytest.mark.parametrize(
    "asked",
    [
        {"right": "use"},
        {"email": "nobody@halden.example", "right": "use"},
        {"email": "mara.lindqvist@halden.example", "right": "own"},
        {"group": str(uuid4()), "right": "use"},
    ],
)
def test_sharing_with_nobody_is_refused(stage: Stage, asked):
    project = simple.project(stage)

    answer = stage.member.client().post(url(project, "share/"), asked)

    assert answer.status_code == 400
    with stage.scope():
        assert not ProjectShare.objects.exists()


def test_a_group_that_is_not_to_be_found_is_no_choice(stage: Stage):
    project = simple.project(stage)
    group = group_of(stage, stage.other, is_discoverable=False)

    answer = stage.member.client().post(
        url(project, "share/"), {"group": str(group.public_id), "right": "use"}
    )

    assert answer.status_code == 400


def test_without_the_feature_nothing_is_made_or_shared_but_all_is_seen(stage: Stage):
    project = simple.project(stage)
    turn_off(stage, Feature.PROJECTS_USE)
    browser = stage.member.client()

    assert browser.post(URL + "new/", WORDS).status_code == 400
    assert browser.post(url(project, "change/"), WORDS).status_code == 403
    assert "Pilot" in page(stage.member, url(project))
    browser.post(f"/me/stored/projects/{project.public_id}/delete/")
    assert only(stage).deleted_at == NOON


def test_sharing_has_a_switch_of_its_own(stage: Stage):
    project = simple.project(stage)
    turn_off(stage, Feature.PROJECTS_SHARE)

    answer = stage.member.client().post(
        url(project, "share/"), {"email": stage.other.membership.email, "right": "use"}
    )

    assert answer.status_code == 403


def test_a_file_is_put_in_sealed_and_comes_back_whole(stage: Stage):
    project = simple.project(stage)
    browser = stage.member.client()
    content = b"bands of the harbor" * 100

    browser.post(
        url(project, "files/"), {"file": SimpleUploadedFile("bänds.txt", content)}
    )

    row = only(stage, ProjectFile)
    answer = browser.get(url(project, f"files/{row.public_id}/"))
    assert answer.content == content
    assert answer["Content-Type"] == "application/octet-stream"
    assert "attachment" in answer["Content-Disposition"]
    assert "bänds.txt" in page(stage.member, url(project))


def test_files_have_limits(stage: Stage, monkeypatch):
    project = simple.project(stage)
    browser = stage.member.client()
    monkeypatch.setattr(limits, "FILE_BYTES", 3)

    big = browser.post(
        url(project, "files/"), {"file": SimpleUploadedFile("a.txt", b"four")}
    )
    none = browser.post(url(project, "files/"), {})
    empty = browser.post(
        url(project, "files/"), {"file": SimpleUploadedFile("a.txt", b"")}
    )

    assert {big.status_code, none.status_code, empty.status_code} == {400}
    monkeypatch.setattr(limits, "FILES_IN_PROJECT", 0)
    assert (
        browser.post(
            url(project, "files/"), {"file": SimpleUploadedFile("a.txt", b"abc")}
        ).status_code
        == 409
    )


def test_ones_own_conversation_goes_in_and_out(stage: Stage):
    project = simple.project(stage)
    chat = stage.conversation()
    browser = stage.member.client()

    browser.post(url(project, "put/"), {"conversation": str(chat.public_id)})
    assert only(stage, Conversation).project_id == project.pk
    browser.post(
        url(project, "put/"),
        {"conversation": str(chat.public_id), "act": "take-out"},
    )

    assert only(stage, Conversation).project_id is None


def test_no_other_conversation_goes_in(stage: Stage):
    project = simple.project(stage)
    stage.set_policy(30)
    rows = [
        stage.conversation(stage.other),
        stage.conversation(age=40),
        stage.conversation(deleted_at=days_ago(1), deleted_by="owner"),
    ]
    browser = stage.member.client()

    for named in [*(str(row.public_id) for row in rows), "nonsense", ""]:
        answer = browser.post(url(project, "put/"), {"conversation": named})
        assert answer.status_code == 404
    with stage.scope():
        assert not Conversation.objects.filter(project__isnull=False).exists()


def test_what_expired_is_not_listed_in_a_project(stage: Stage):
    project = simple.project(stage)
    stage.conversation(age=40, project_id=project.pk)
    assert "Salary bands" in page(stage.member, url(project))

    stage.set_policy(30)

    assert "Salary bands" not in page(stage.member, url(project))


def test_limits_on_projects_and_shares(stage: Stage, monkeypatch):
    project = simple.project(stage)
    monkeypatch.setattr(limits, "PROJECTS_OF_MEMBER", 1)
    monkeypatch.setattr(limits, "SHARES_OF_PROJECT", 0)

    with stage.scope(), pytest.raises(TooMany):
        services.create(
            actor=stage.member.actor,
            workspace=stage.workspace,
            member=stage.member.membership,
            at=NOON,
            **WORDS,
        )
    answer = stage.member.client().post(
        url(project, "share/"), {"email": stage.other.membership.email, "right": "use"}
    )
    assert answer.status_code == 409


def test_only_the_owner_of_a_project_shares_it(stage: Stage):
    project = simple.project(stage)
    simple.share(stage, project, stage.other)
    with stage.scope():
        seen = selectors.one(
            member=stage.other.membership,
            project=project.public_id,
            workspace=stage.workspace.public_id,
        )
        with pytest.raises(NotAllowed):
            services.share(
                actor=stage.other.actor,
                workspace=stage.workspace,
                member=stage.other.membership,
                seen=seen,
                with_whom=stage.owner.membership,
                right="use",
                at=NOON,
            )


def test_lists_cost_a_fixed_number_of_queries(
    stage: Stage, django_assert_max_num_queries
):
    for _row in range(12):
        project = simple.project(stage)
        simple.file(stage, project)
        simple.share(stage, project, stage.other)
    mine, shared = stage.member.client(), stage.other.client()

    with django_assert_max_num_queries(30):
        mine.get(URL)
    with django_assert_max_num_queries(30):
        shared.get(URL)


def test_without_file_upload_the_page_says_so_and_takes_none(stage: Stage):
    project = simple.project(stage)
    turn_off(stage, Feature.FILE_UPLOAD)

    shown = page(stage.member, url(project))
    answer = stage.member.client().post(
        url(project, "files/"), {"file": SimpleUploadedFile("a.txt", b"abc")}
    )

    assert 'type="file"' not in shown
    assert answer.status_code == 403
    with stage.scope():
        assert not ProjectFile.objects.exists()


def test_without_projects_nothing_is_shared_either(stage: Stage):
    project = simple.project(stage)
    turn_off(stage, Feature.PROJECTS_USE)

    answer = stage.member.client().post(
        url(project, "share/"), {"email": stage.other.user.email, "right": "use"}
    )

    assert answer.status_code == 403
    with stage.scope():
        assert not ProjectShare.objects.exists()


def test_what_was_shared_ends_with_a_removal_and_does_not_return(stage: Stage):
    project = simple.project(stage)
    stage.member.client().post(
        url(project, "share/"), {"email": stage.other.user.email, "right": "use"}
    )
    assert "Pilot" in page(stage.other, url(project))

    report = offboard(
        actor=OPERATOR,
        workspace=stage.workspace,
        member=stage.other.membership.public_id,
        departure=Departure.REMOVED,
        at=NOON,
    )
    members.add(
        actor=OPERATOR,
        workspace=stage.workspace,
        email=stage.other.user.email,
        role="member",
        at=NOON,
    )

    assert {one["name"]: one["count"] for one in report.steps}["project_shares"] == 1
    assert stage.other.client().get(url(project)).status_code == 404


def test_a_suspended_member_keeps_what_was_shared(stage: Stage):
    project = simple.project(stage)
    stage.member.client().post(
        url(project, "share/"), {"email": stage.other.user.email, "right": "use"}
    )

    offboard(
        actor=OPERATOR,
        workspace=stage.workspace,
        member=stage.other.membership.public_id,
        departure=Departure.SUSPENDED,
        at=NOON,
    )

    with stage.scope():
        assert ProjectShare.objects.count() == 1
