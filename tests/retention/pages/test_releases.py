"""Releasing a hold in the portal: one person asks, another one confirms."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from kit import clock
from retention.holds import requests, selectors, services
from retention.holds.models import Hold, HoldScope
from retention.releases import previews
from tests import cast
from tests.cast import NOON
from tests.retention.conftest import Stage
from tests.retention.pages.conftest import MATTER, hold_of_one
from workspaces.notices.models import Notice
from workspaces.roles.matrix import Role

URL = "/w/halden-engineering/holds/"


@pytest.fixture
def held(stage: Stage) -> Hold:
    return services.place(
        actor=stage.officer.actor,
        workspace=stage.workspace,
        matter=MATTER,
        membership_ids=[stage.member.membership.pk, stage.other.membership.pk],
        at=NOON,
    )


def _ask(stage: Stage, hold: Hold, **more: str) -> Any:
    answer = {"typed_name": MATTER, "reason": "The matter is settled.", **more}
    return stage.officer.client().post(
        f"{URL}{hold.public_id}/release/", answer, follow=True
    )


def _request_url(stage: Stage, hold: Hold) -> str:
    with stage.scope():
        (asked,) = requests.requests_of(hold=hold)
    return f"{URL}{hold.public_id}/release/{asked.public_id}/"


def _row(stage: Stage, hold: Hold) -> Hold:
    with stage.scope():
        return Hold.objects.get(pk=hold.pk)


def test_the_page_says_what_becomes_purgeable_and_when(
    stage: Stage, held: Hold, settings: Any
) -> None:
    settings.CUSTOS_RELEASE_GRACE_DAYS = 7
    stage.set_policy(90)
    stage.conversation(age=100)
    stage.conversation(age=1)

    page = stage.officer.client().get(f"{URL}{held.public_id}/release/")

    text = page.content.decode()
    assert "1 object may be purged from" in text
    assert "the 30 days count from the release" in text


def test_without_a_grace_the_page_says_that_it_goes_at_once(
    stage: Stage, held: Hold, settings: Any
) -> None:
    settings.CUSTOS_RELEASE_GRACE_DAYS = 0
    stage.set_policy(90)
    stage.conversation(age=100)

    page = stage.officer.client().get(f"{URL}{held.public_id}/release/")

    assert "1 object may be purged at once: no grace follows" in page.content.decode()


def test_asking_releases_nothing(stage: Stage, held: Hold) -> None:
    page = _ask(stage, held)

    assert "another person has to confirm it" in page.content.decode()
    assert _row(stage, held).released_at is None


def test_the_author_cannot_confirm(stage: Stage, held: Hold) -> None:
    _ask(stage, held)

    page = stage.officer.client().post(_request_url(stage, held), {"step": "confirm"})

    assert page.status_code == 409
    assert _row(stage, held).released_at is None


def test_another_person_confirms_and_the_grace_begins(stage: Stage, held: Hold) -> None:
    services.set_grace(
        actor=stage.officer.actor, workspace=stage.workspace, days=9, at=NOON
    )
    _ask(stage, held)

    page = stage.owner.client().post(
        _request_url(stage, held), {"step": "confirm"}, follow=True
    )

    assert "Released" in page.content.decode()
    assert _row(stage, held).released_by == stage.owner.actor.id
    with stage.scope():
        ends = set(HoldScope.objects.values_list("release_grace_until", flat=True))
    assert ends == {NOON + timedelta(days=9)}


def test_a_request_is_decided_once(stage: Stage, held: Hold) -> None:
    _ask(stage, held)
    url = _request_url(stage, held)
    stage.owner.client().post(url, {"step": "withdraw"})

    page = stage.owner.client().post(url, {"step": "confirm"})

    assert page.status_code == 409
    assert _row(stage, held).released_at is None


def test_one_custodian_is_released_and_the_hold_stays(stage: Stage, held: Hold) -> None:
    with stage.scope():
        scope = HoldScope.objects.get(membership_id=stage.other.membership.pk)
        name = stage.other.membership.name or "lena.okafor"
    path = f"{URL}{held.public_id}/release/?scope={scope.public_id}"
    stage.officer.client().post(path, {"typed_name": name, "reason": "Not concerned."})

    stage.owner.client().post(_request_url(stage, held), {"step": "confirm"})

    with stage.scope():
        scope.refresh_from_db()
    assert scope.released_at == NOON
    assert _row(stage, held).released_at is None


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"typed_name": "Brennan"}, "Type the name exactly"),
        ({"reason": "  "}, "Say why the hold is released"),
    ],
)
def test_bad_input_is_refused_in_words(
    stage: Stage, held: Hold, change: dict[str, str], sentence: str
) -> None:
    page = _ask(stage, held, **change)

    assert page.status_code == 422
    assert sentence in page.content.decode()
    with stage.scope():
        assert requests.requests_of(hold=held) == []


def test_the_same_release_is_asked_for_once(stage: Stage, held: Hold) -> None:
    _ask(stage, held)

    assert _ask(stage, held).status_code == 422


def test_who_is_alone_reads_what_to_do(db: None) -> None:
    workspace = cast.workspace()
    owner = cast.owner(workspace)
    hold = services.place(
        actor=owner.actor,
        workspace=workspace,
        matter=MATTER,
        membership_ids=[owner.membership.pk],
        at=NOON,
    )

    page = owner.client().get(f"{URL}{hold.public_id}/release/")

    assert f"release_hold --hold {hold.public_id} --override" in page.content.decode()


def test_keys_are_no_second_person(stage: Stage, held: Hold) -> None:
    from kit.actor import Actor

    with pytest.raises(services.OnlyPersonsRelease):
        services.request_release(
            actor=Actor.operator(),
            workspace=stage.workspace,
            hold=held,
            reason="settled",
            at=NOON,
        )


def test_what_was_previewed_is_what_the_sweep_takes(
    lasting: Stage, settings: Any
) -> None:
    settings.CUSTOS_RELEASE_GRACE_DAYS = 7
    stage = lasting
    stage.set_policy(90)
    for age in (100, 120, 1):
        stage.conversation(age=age)
    hold = hold_of_one(stage)
    with stage.scope():
        outcome = previews.after_release(workspace=stage.workspace, hold=hold, at=NOON)
    asked = services.request_release(
        actor=stage.officer.actor,
        workspace=stage.workspace,
        hold=hold,
        reason="settled",
        at=NOON,
    )
    services.confirm_release(
        actor=stage.owner.actor, workspace=stage.workspace, asked=asked, at=NOON
    )

    early = stage.sweep(at=outcome.grace_until - timedelta(seconds=1))
    late = stage.sweep(at=outcome.grace_until + timedelta(seconds=1))

    assert (early.purged_n, late.purged_n) == (0, outcome.due)
    assert outcome.due == 2


def test_strangers_and_members_are_kept_out(stage: Stage, held: Hold) -> None:
    _ask(stage, held)
    stranger = cast.owner(cast.elsewhere()).client()
    member = stage.member.client()

    for url in (f"{URL}{held.public_id}/release/", _request_url(stage, held)):
        assert stranger.get(url).status_code == 404
        assert member.get(url).status_code == 403
        assert member.post(url).status_code == 403
    officer = stage.officer.client()
    unknown = f"{URL}{held.public_id}/release/{uuid4()}/"
    assert officer.get(unknown).status_code == 404
    nowhere = f"{URL}{held.public_id}/release/?scope={uuid4()}"
    assert officer.get(nowhere).status_code == 404
    assert officer.get(f"{URL}{held.public_id}/release/?scope=7").status_code == 404


def test_admins_of_team_release_nothing_alone_either(team: Stage) -> None:
    hold = hold_of_one(team)

    with pytest.raises(services.OverrideIsMissing), clock.fixed_at(NOON):
        services.release(
            actor=team.owner.actor,
            workspace=team.workspace,
            hold=hold,
            reason="settled",
            at=NOON,
        )
    with team.scope():
        assert selectors.holds(only_active=True).count() == 1


WAITS = "A release of a legal hold waits for a second person"


def _overview(person: cast.Person) -> str:
    return person.client().get("/w/halden-engineering/").content.decode()


def test_what_waits_stands_on_the_overview_of_who_may_be_the_second(
    stage: Stage, held: Hold
) -> None:
    assert WAITS not in _overview(stage.owner)
    _ask(stage, held)

    page = _overview(stage.owner)

    assert WAITS in page
    assert f'href="{_request_url(stage, held)}"' in page
    assert WAITS not in _overview(stage.officer)
    assert WAITS not in _overview(cast.admin(stage.workspace))
    stage.owner.client().post(_request_url(stage, held))
    assert WAITS not in _overview(stage.owner)


def test_on_team_a_release_waits_for_nobody_who_may_not_confirm_it(team: Stage) -> None:
    hold = hold_of_one(team)
    _ask(team, hold)
    other = cast.person(team.workspace, "ana.kovac@halden.example", Role.OWNER)

    assert WAITS in _overview(team.owner)
    assert WAITS not in _overview(other)


def test_a_released_hold_says_that_it_covered(stage: Stage, held: Hold) -> None:
    url = f"{URL}{held.public_id}/"
    assert "What it covers now" in stage.owner.client().get(url).content.decode()
    _ask(stage, held)
    stage.owner.client().post(_request_url(stage, held))

    page = stage.owner.client().get(url).content.decode()

    assert "What it covered and is still stored" in page
    assert "What it covers now" not in page
    assert "Export what it covers" not in page


def _asked_by_mail(stage: Stage) -> list[Notice]:
    with stage.scope():
        rows = Notice.objects.filter(kind="retention.release-waits")
        return list(rows.order_by("email"))


def test_who_may_be_the_second_reads_by_mail_that_a_release_waits(
    stage: Stage, held: Hold
) -> None:
    cast.admin(stage.workspace)
    _ask(stage, held)

    (mail,) = _asked_by_mail(stage)

    assert mail.email == stage.owner.user.email
    assert _request_url(stage, held) in mail.text
    assert not any(word in mail.subject + mail.text for word in (MATTER, "settled"))


def test_on_team_nobody_is_asked_who_may_not_confirm(team: Stage) -> None:
    other = cast.person(team.workspace, "ana.kovac@halden.example", Role.OWNER)
    hold = hold_of_one(team)

    _ask(team, hold)

    assert [mail.email for mail in _asked_by_mail(team)] == [team.owner.user.email]
    assert other.user.email != team.owner.user.email
