"""Every act of these pages leaves its entry, with what it was done to."""

import pytest

from retention.holds import requests, selectors
from retention.sweeps import tasks
from tests.retention.conftest import Stage

W = "/w/halden-engineering/"


def test_acts_are_recorded_with_their_target(
    lasting: Stage, entries, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "ring", lambda **_run: None)
    row = lasting.conversation()
    mine = f"/me/conversations/{row.public_id}/"
    member, officer = lasting.member.client(), lasting.officer.client()

    member.post(f"{mine}delete/")
    member.post(f"{mine}restore/")
    officer.post(
        f"{W}holds/place/",
        {"matter": "Audit", "conversations": str(row.public_id), "step": "place"},
    )
    with lasting.scope():
        hold = selectors.holds().get()
    officer.post(
        f"{W}holds/{hold.public_id}/release/",
        {"typed_name": "Audit", "reason": "Settled."},
    )
    owner = lasting.owner.client()
    with lasting.scope():
        (asked,) = requests.requests_of(hold=hold)
    owner.post(
        f"{W}holds/{hold.public_id}/release/{asked.public_id}/", {"step": "confirm"}
    )
    owner.post(f"{W}sweeps/start/")

    done = {
        "retention.conversation.deleted": row.public_id,
        "retention.conversation.restored": row.public_id,
        "retention.hold.placed": hold.public_id,
        "retention.hold-release.requested": hold.public_id,
        "retention.hold.released": hold.public_id,
    }
    for action, target in done.items():
        (leaf,) = entries(lasting, action)
        assert (leaf["actor_kind"], leaf["target_id"]) == ("user", str(target))
    assert len(entries(lasting, "retention.sweep.started")) == 1


def test_on_team_the_own_policy_is_recorded(team_lasting: Stage, entries) -> None:
    team_lasting.member.client().post("/me/retention/", {"days": "30"})

    (leaf,) = entries(team_lasting, "retention.own-policy.set")
    assert leaf["actor_kind"] == "user"
