"""Custodians are told about a hold, reminded, and acknowledge it."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connections, transaction

from kit.permissions import PermissionDenied
from retention.hold_notices import selectors, services
from retention.hold_notices.models import HoldNotice
from retention.holds import services as holds
from retention.holds.models import Hold
from tests import cast
from tests.cast import NOON
from tests.retention.conftest import Stage
from workspaces.notices.models import Notice

URL = "/w/halden-engineering/holds/"
MINE = "/me/hold-notices/"
TEXT = "Please keep what concerns the harbor."


def place(stage: Stage) -> Hold:
    return holds.place(
        actor=stage.officer.actor,
        workspace=stage.workspace,
        matter="Brennan v. Halden",
        membership_ids=[stage.member.membership.pk, stage.other.membership.pk],
        at=NOON,
    )


def send(stage: Stage, hold: Hold, **more: Any) -> int:
    asked = {"text": TEXT, "reminds": True, "at": NOON, **more}
    return services.send(
        actor=stage.officer.actor, workspace=stage.workspace, hold=hold, **asked
    )


def _notices(stage: Stage) -> list[HoldNotice]:
    with stage.scope():
        return list(HoldNotice.objects.order_by("id"))


def _mails(stage: Stage) -> list[Notice]:
    with stage.scope():
        rows = Notice.objects.filter(kind="retention.hold-notice")
        return list(rows.order_by("id"))


def test_the_officer_tells_each_custodian_once(stage: Stage) -> None:
    hold = place(stage)
    client = stage.officer.client()

    page = client.post(
        f"{URL}{hold.public_id}/notices/", {"text": TEXT, "reminds": "on"}, follow=True
    )
    again = client.post(f"{URL}{hold.public_id}/notices/", {"text": TEXT})

    assert "told" in page.content.decode()
    assert again.status_code == 422
    mails = _mails(stage)
    assert len(mails) == 2
    assert all("harbor" not in mail.text for mail in mails)
    assert all(b"harbor" not in bytes(one.text) for one in _notices(stage))


def test_a_custodian_reads_and_acknowledges(stage: Stage) -> None:
    send(stage, place(stage))
    (mine,) = [
        one
        for one in _notices(stage)
        if one.membership_id == stage.member.membership.pk
    ]
    client = stage.member.client()

    page = client.get(MINE)
    client.post(f"{MINE}{mine.public_id}/acknowledge/")
    again = client.post(f"{MINE}{mine.public_id}/acknowledge/")

    assert "harbor" in page.content.decode()
    assert again.status_code == 409
    with stage.scope():
        mine.refresh_from_db()
    assert (mine.acknowledged_at, mine.due_at) == (NOON, None)


def test_nobody_reads_or_acknowledges_for_another(stage: Stage) -> None:
    send(stage, place(stage))
    (mine,) = [
        one
        for one in _notices(stage)
        if one.membership_id == stage.member.membership.pk
    ]
    analyst = cast.analyst(stage.workspace).client()

    assert analyst.post(f"{MINE}{mine.public_id}/acknowledge/").status_code == 404
    assert analyst.post(f"{MINE}{uuid4()}/acknowledge/").status_code == 404
    assert "harbor" not in analyst.get(MINE).content.decode()
    assert _notices(stage)[0].acknowledged_at is None


def test_reminders_are_due_rows_and_end(stage: Stage) -> None:
    send(stage, place(stage))
    services.remind_due(at=NOON + timedelta(days=6))
    assert len(_mails(stage)) == 2

    for week in range(1, 8):
        services.remind_due(at=NOON + timedelta(days=7 * week))

    assert len(_mails(stage)) == 2 + 2 * services.MOST_REMINDERS
    assert {one.due_at for one in _notices(stage)} == {None}


def test_nobody_is_reminded_of_a_hold_that_is_over(stage: Stage) -> None:
    hold = place(stage)
    send(stage, hold)
    asked = holds.request_release(
        actor=stage.officer.actor,
        workspace=stage.workspace,
        hold=hold,
        reason="settled",
        at=NOON,
    )
    holds.confirm_release(
        actor=stage.owner.actor, workspace=stage.workspace, asked=asked, at=NOON
    )

    services.remind_due(at=NOON + timedelta(days=7))

    assert len(_mails(stage)) == 2


def test_bad_input_is_refused_and_members_are_kept_out(stage: Stage) -> None:
    hold = place(stage)
    url = f"{URL}{hold.public_id}/notices/"

    with pytest.raises(services.NoticeIsEmpty):
        send(stage, hold, text="  ")
    with pytest.raises(PermissionDenied):
        services.send(
            actor=stage.other.actor,
            workspace=stage.workspace,
            hold=hold,
            text=TEXT,
            reminds=False,
            at=NOON,
        )
    assert stage.officer.client().post(url, {"text": ""}).status_code == 422
    assert stage.member.client().get(url).status_code == 403
    assert cast.owner(cast.elsewhere()).client().get(url).status_code == 404
    assert stage.officer.client().get(f"{URL}{uuid4()}/notices/").status_code == 404
    with stage.scope():
        assert all(one.notice is None for one in selectors.custodians_of(hold=hold))


def test_the_database_reminds_nobody_who_acknowledged(stage: Stage) -> None:
    send(stage, place(stage))

    with (
        pytest.raises(IntegrityError, match="holdnotice_reminds_until_acknowledged"),
        transaction.atomic(),
        stage.scope(),
        connections["default"].cursor() as cursor,
    ):
        cursor.execute("update retention_holdnotice set acknowledged_at = now()")
