"""The pages of drafts: from the editor to force, with a second person between."""

import re
from datetime import timedelta
from uuid import UUID

import pytest

from retention.policies.drafts import selectors, services
from retention.policies.drafts.models import PolicyDraft
from retention.policies.drafts.services import Values
from tests import cast
from tests.cast import NOON, Person
from tests.retention.conftest import Stage, staged
from tests.retention.policies.conftest import protect
from workspaces.roles.matrix import Role

POLICIES = "/w/halden-engineering/policies/"
DRAFTS = f"{POLICIES}drafts/"
ASKED = {"days": "90", "undo_days": "0", "reason": "Records schedule RS-14"}


@pytest.fixture
def slow(db: None) -> Stage:
    """A shortening waits for a day; five old conversations."""
    made = staged(cast.workspace(), grace_hours=24)
    for _one in range(5):
        made.conversation(age=200)
    return made


@pytest.fixture
def second(slow: Stage) -> Person:
    """Tomasz Wrona, who may set policies too."""
    protect(slow, approval_percent=50)
    return cast.admin(slow.workspace)


def apply(stage: Stage, **more: str) -> str:
    """Sends the editor's form and returns where it led."""
    answer = stage.owner.client().post(
        f"{POLICIES}set/", {**ASKED, "typed_name": "halden-engineering", **more}
    )
    assert answer.status_code == 302, answer.content.decode()
    return str(answer["location"])


def shown(person: Person, url: str) -> str:
    answer = person.client().get(url)
    assert answer.status_code == 200
    return answer.content.decode()


def state(stage: Stage) -> str:
    with stage.scope():
        (found,) = selectors.drafts()
    return str(found.state)


def seen(text: str) -> str:
    found = re.search(r'name="seen" value="(\w+)"', text)
    assert found
    return found[1]


def test_applying_in_a_grace_period_leads_to_the_draft(slow: Stage) -> None:
    page = shown(slow.owner, apply(slow))

    assert "Keep conversations 90 days" in page
    assert "takes force Tue 3 Mar 2026, 12:00 UTC" in page
    assert "Records schedule RS-14" in page
    assert "wrote the draft" in page
    assert "scheduled it" in page


def test_the_policy_page_shows_what_is_under_way(slow: Stage) -> None:
    draft = apply(slow)

    page = shown(slow.owner, POLICIES)

    assert "Under way" in page
    assert f'href="{draft}"' in page


def test_values_can_be_kept_as_a_draft(slow: Stage) -> None:
    page = shown(slow.owner, apply(slow, intent="keep", typed_name=""))

    assert "Nothing changes until it is sent." in page
    assert "Schedule it" in page


def test_another_person_approves_and_it_is_scheduled(
    slow: Stage, second: Person
) -> None:
    url = apply(slow)
    assert "another person who may set policies has to approve" in shown(
        slow.owner, url
    )
    page = shown(second, url)
    assert "Do you agree?" in page

    answer = second.client().post(f"{url}approve/", {"seen": seen(page)})

    assert answer.status_code == 302
    assert state(slow) == "scheduled"
    assert "Tomasz Wrona approved" in shown(slow.officer, url) or (
        "tomasz.wrona@halden.example approved" in shown(slow.officer, url)
    )


def test_a_draft_that_nobody_else_may_approve_says_so(slow: Stage) -> None:
    protect(slow, approval_percent=50)
    url = apply(slow)

    assert "Nobody else could approve it when it was sent" in shown(slow.owner, url)

    late = cast.admin(slow.workspace)

    assert "Nobody else could approve it when it was sent" in shown(slow.owner, url)

    late.client().post(f"{url}decline/", {"reason": "Send it again"})

    assert "Nobody else" not in shown(slow.owner, url)


def test_the_author_is_refused_with_the_reason(slow: Stage, second: Person) -> None:
    url = apply(slow)
    digest = seen(shown(second, url))

    answer = slow.owner.client().post(f"{url}approve/", {"seen": digest})

    assert answer.status_code == 409
    assert "Another person has to agree" in answer.content.decode()
    assert state(slow) == "awaiting"


def test_what_was_changed_meanwhile_is_not_approved(
    slow: Stage, second: Person
) -> None:
    url = apply(slow)
    digest = seen(shown(second, url))
    slow.owner.client().post(f"{url}change/", {**ASKED, "days": "60"})
    slow.owner.client().post(f"{url}send/")

    answer = second.client().post(f"{url}approve/", {"seen": digest})

    assert answer.status_code == 409
    assert "changed since you opened it" in answer.content.decode()


def test_declining_needs_a_reason(slow: Stage, second: Person) -> None:
    url = apply(slow)
    client = second.client()

    without = client.post(f"{url}decline/", {"reason": " "})
    assert without.status_code == 422
    assert "Say why" in without.content.decode()
    assert state(slow) == "awaiting"

    client.post(f"{url}decline/", {"reason": "Legal has not answered"})
    assert state(slow) == "draft"
    assert "Legal has not answered" in shown(slow.owner, url)


def test_cancelling_leaves_the_policy(slow: Stage) -> None:
    url = apply(slow)

    answer = slow.owner.client().post(f"{url}cancel/")

    assert answer.status_code == 302
    assert "never took force" in shown(slow.owner, url)


@pytest.mark.parametrize("days", ["0", "4000", "many"])
def test_a_draft_is_not_changed_to_nonsense(slow: Stage, days: str) -> None:
    url = apply(slow)

    answer = slow.owner.client().post(f"{url}change/", {**ASKED, "days": days})

    assert answer.status_code == 422
    with slow.scope():
        assert [d.days for d in selectors.drafts()] == [90]


def test_a_second_draft_is_refused_where_one_is_under_way(slow: Stage) -> None:
    apply(slow)

    answer = slow.owner.client().post(
        f"{POLICIES}set/",
        {**ASKED, "days": "60", "typed_name": "halden-engineering"},
    )

    assert answer.status_code == 422
    assert "Another draft of this policy is under way" in answer.content.decode()


def test_an_officer_looks_and_does_not_decide(slow: Stage) -> None:
    url = apply(slow)

    assert "You can look, and not decide" in shown(slow.officer, url)
    for act in ("approve", "decline", "cancel", "send", "change"):
        assert slow.officer.client().post(f"{url}{act}/").status_code == 403


def test_the_list_pages_through_drafts_with_few_queries(
    slow: Stage, django_assert_max_num_queries
) -> None:
    for number in range(3):
        made = services.draft(
            actor=slow.owner.actor,
            workspace=slow.workspace,
            values=Values(days=90 + number, undo_days=7),
            at=NOON + timedelta(minutes=number),
        )
        assert isinstance(made, PolicyDraft)
    client = slow.owner.client()
    client.get(DRAFTS)

    with django_assert_max_num_queries(25):
        page = client.get(DRAFTS).content.decode()

    assert page.index("Keep conversations 92 days") < page.index(
        "Keep conversations 90 days"
    )
    assert client.get(f"{DRAFTS}?after=odd").status_code == 400


def test_what_waits_stands_on_the_overview_of_who_may_approve(
    slow: Stage, second: Person
) -> None:
    overview = "/w/halden-engineering/"
    sentence = "1 policy waits for your approval"
    assert sentence not in shown(second, overview)
    url = apply(slow)

    page = shown(second, overview)

    assert sentence in page
    assert f'href="{url}"' in page
    assert sentence not in shown(slow.owner, overview)
    assert sentence not in shown(slow.officer, overview)
    services.cancel(
        actor=slow.owner.actor,
        workspace=slow.workspace,
        draft=UUID(url.rstrip("/").rsplit("/", 1)[1]),
        at=NOON,
    )
    assert sentence not in shown(second, overview)


def test_who_may_approve_since_it_was_sent_reads_why_not_and_may_decline(
    slow: Stage, second: Person
) -> None:
    draft = apply(slow)
    late = cast.person(slow.workspace, "ana.kovac@halden.example", Role.ADMIN)

    page = shown(late, draft)
    refused = late.client().post(f"{draft}approve/", {"seen": "00" * 32})
    sentence = refused.content.decode()
    declined = late.client().post(f"{draft}decline/", {"reason": "Ask me as well"})

    assert "You could not approve yet when this draft was sent" in page
    assert "Approve: " not in page
    assert (refused.status_code, declined.status_code) == (409, 302)
    assert "You could not approve yet when this draft was sent" in sentence
    assert state(slow) == "draft"
