"""A chat front end that asks Custos before it lets somebody do something.

It needs Python 3.11 and nothing else. Give it the address and a key with the scope
`decisions.ask` (workspace page *API keys*), and say what a member wants:

    export CUSTOS_URL=https://custos.example.org CUSTOS_KEY=custos_key_…
    python front_end.py jun@example.org share-gpt 3f0c…-uuid workspace
    python front_end.py jun@example.org use-connector google-drive
    python front_end.py jun@example.org use-connector google-drive files.search
    python front_end.py jun@example.org use-model gpt-5
    python front_end.py jun@example.org menu

It prints what it did, or the reason why it did not, and exits with 1 after a no. Where
Custos does not answer it does nothing: a front end that cannot ask must not guess.
"""

import argparse
import json
import os
import sys
import urllib.error
import urllib.request
import uuid
from dataclasses import dataclass
from typing import Any

SECONDS = 5
MENU = {
    "Temporary chat": "temporary_chats.use",
    "Search the web": "web_search.use",
    "Attach a file": "file_upload.use",
    "Run code": "code_execution.use",
    "Share a link": "link_sharing.use",
    "Create a GPT": "gpts.create",
}


class CannotAsk(Exception):
    """No decision was made: whatever it was about does not happen."""


@dataclass(frozen=True)
class Decision:
    """A yes or a no, with the sentence for the person."""

    allowed: bool
    reason: str


class Custos:
    """The decision point, found by its metadata."""

    def __init__(self, url: str, key: str) -> None:
        self._key = key
        base = url.rstrip("/")
        found = self._send(f"{base}/.well-known/authzen-configuration", None)
        if found.get("policy_decision_point") != base:
            raise CannotAsk(f"{base} says that it is another decision point.")
        self._evaluation = str(found["access_evaluation_endpoint"])
        self._evaluations = str(found["access_evaluations_endpoint"])
        self._resources = str(found["search_resource_endpoint"])

    def may(self, question: dict[str, Any]) -> Decision:
        """One decision."""
        return _decision(self._send(self._evaluation, question))

    def may_each(self, questions: list[dict[str, Any]]) -> list[Decision]:
        """Decisions about several questions, with one request."""
        found = self._send(self._evaluations, {"evaluations": questions})
        decisions = [_decision(one) for one in found["evaluations"]]
        if len(decisions) != len(questions):
            raise CannotAsk("Custos has not answered every question.")
        return decisions

    def usable(self, member: str, kind: str) -> list[str]:
        """The resources of a kind that the member may use, from every page."""
        question: dict[str, Any] = {
            "subject": {"type": "user", "id": member},
            "action": {"name": "use"},
            "resource": {"type": kind},
        }
        names: list[str] = []
        while True:
            found = self._send(self._resources, question)
            names += [one["id"] for one in found["results"]]
            token = found["page"]["next_token"]
            if not token:
                return names
            question["page"] = {"token": token}

    def _send(self, url: str, body: dict[str, Any] | None) -> dict[str, Any]:
        request_id = str(uuid.uuid4())
        request = urllib.request.Request(  # noqa: S310 -- the operator's own address
            url,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Authorization": f"Bearer {self._key}",
                "Content-Type": "application/json",
                "X-Request-ID": request_id,
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310
                if body is not None and answer.headers["X-Request-ID"] != request_id:
                    raise CannotAsk("This is the answer to another request.")
                found: dict[str, Any] = json.load(answer)
                return found
        except urllib.error.HTTPError as error:
            said = error.read(500).decode(errors="replace")
            raise CannotAsk(f"Custos answers {error.code}: {said}") from None
        except (OSError, ValueError) as error:
            raise CannotAsk(f"Custos does not answer: {error}") from None


def evaluation(
    member: str, action: str, kind: str, resource: str, **properties: str
) -> dict[str, Any]:
    """A question in the words of the standard."""
    return {
        "subject": {"type": "user", "id": member},
        "action": {"name": action, "properties": properties},
        "resource": {"type": kind, "id": resource},
    }


def share_gpt(custos: Custos, member: str, gpt: str, level: str) -> bool:
    """Shares a GPT as widely as was asked, if the member may."""
    decision = custos.may(evaluation(member, "share", "gpt", gpt, level=level))
    return _done(decision, f"The GPT is shared: {level}.")


def use_connector(custos: Custos, member: str, connector: str, action: str) -> bool:
    """Lets a model use a connector, or one of its actions, for the member."""
    if action:
        resource = f"{connector}/{action}"
        question = evaluation(member, "use", "connector_action", resource)
    else:
        question = evaluation(member, "use", "connector", connector)
    return _done(custos.may(question), f"{connector} {action}".strip() + " is used.")


def use_model(custos: Custos, member: str, model: str) -> bool:
    """Answers with a model, if the member may use it."""
    decision = custos.may(evaluation(member, "use", "model", model))
    return _done(decision, f"{model} answers.")


def menu(custos: Custos, member: str) -> bool:
    """Draws the menu: what is off is greyed out, with the reason beside it."""
    questions = [evaluation(member, "use", "feature", one) for one in MENU.values()]
    for label, decision in zip(MENU, custos.may_each(questions), strict=True):
        print(f"[x] {label}" if decision.allowed else f"[ ] {label}: {decision.reason}")
    connectors = custos.usable(member, "connector")
    print(f"Connectors: {', '.join(connectors) or 'none'}")
    return True


def _done(decision: Decision, what: str) -> bool:
    print(what if decision.allowed else f"No. {decision.reason}")
    return decision.allowed


def _decision(found: dict[str, Any]) -> Decision:
    """Only a plain `true` is a yes."""
    context = found.get("context") or {}
    reasons = list((context.get("reason_user") or {}).values())
    return Decision(
        allowed=found.get("decision") is True,
        reason=str(reasons[0]) if reasons else "No reason was given.",
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("member", help="e-mail address or id of the member")
    verbs = parser.add_subparsers(dest="verb", required=True)
    sharing = verbs.add_parser("share-gpt")
    sharing.add_argument("gpt")
    sharing.add_argument("level")
    connecting = verbs.add_parser("use-connector")
    connecting.add_argument("connector")
    connecting.add_argument("action", nargs="?", default="")
    verbs.add_parser("use-model").add_argument("model")
    verbs.add_parser("menu")
    return parser.parse_args()


def main() -> int:
    """Ask, and obey."""
    wanted = _arguments()
    try:
        custos = Custos(os.environ["CUSTOS_URL"], os.environ["CUSTOS_KEY"])
        if wanted.verb == "share-gpt":
            is_done = share_gpt(custos, wanted.member, wanted.gpt, wanted.level)
        elif wanted.verb == "use-connector":
            is_done = use_connector(
                custos, wanted.member, wanted.connector, wanted.action
            )
        elif wanted.verb == "use-model":
            is_done = use_model(custos, wanted.member, wanted.model)
        else:
            is_done = menu(custos, wanted.member)
    except CannotAsk as error:
        print(f"No. {error}", file=sys.stderr)
        return 2
    return 0 if is_done else 1


if __name__ == "__main__":
    sys.exit(main())
