"""Answers of an identity provider: accepted beside bare python3-saml, and refused.

The reference is the library alone, in a process of its own that has none of our
replacements, on the same messages: it verifies and checks, and remembers nothing. Ours
also runs every check of our own and spends the ids in the database. The second figure
is the CPU of refusing the dearest message of the corpus of attacks against that of
accepting a good one that came the same way.
"""

import base64
import contextlib
import multiprocessing as mp
import statistics
import time
from collections import defaultdict
from datetime import UTC, datetime
from typing import Any

from bench.ground import Ground

MESSAGES = 150
ROUNDS = 3
REPEATS = 5
CANDIDATES = 5
BASE = "http://127.0.0.1:8000/accounts/saml/bench-sign-in"


def measure(_ground: Ground) -> dict[str, dict[str, Any]]:
    """Messages a second of both, and the dearest refusal."""
    at = datetime.now(tz=UTC)
    ref, provider = _prepare(at)
    ours, reference = [], []
    for _round in range(ROUNDS):
        texts = _answers(provider, at)
        ours.append(_accepted(ref, texts, at))
        reference.append(_by_library(texts, provider.pair.certificate))
    plain, hidden = _refusals(ref, provider)
    rate, bare = statistics.median(ours), statistics.median(reference)
    return {
        "acs_vs_bare_python3_saml": {
            "ratio": round(rate / bare, 3),
            "ours": round(rate),
            "reference": round(bare),
            "unit": "answers/s",
        },
        "refusal_vs_acceptance_plain": plain,
        "refusal_vs_acceptance_encrypted": hidden,
    }


def _prepare(at: datetime) -> tuple[Any, Any]:
    from kit.actor import Actor
    from tests.workspaces.signin.provider import Provider
    from workspaces.members.services import founding
    from workspaces.signin import metadata, selectors
    from workspaces.signin.services import connections

    actor, provider = Actor.operator(), Provider()
    organization = founding.create_organization(
        actor=actor,
        slug="bench-sign-in",
        name="Bench",
        owner_email="owner@bench.example",
        at=at,
    )
    connections.configure(
        actor=actor,
        organization=organization,
        idp=metadata.identity_provider(provider.metadata()),
        activate=True,
        at=at,
    )
    return selectors.connection_by_slug(slug=organization.slug), provider


def _asked() -> Any:
    from tests.workspaces.signin.provider import Asked

    return Asked(
        request_id="_asked", entity_id=f"{BASE}/metadata/", acs_url=f"{BASE}/acs/"
    )


def _answers(provider: Any, at: datetime) -> list[str]:
    return [
        base64.b64encode(provider.answer(_asked(), at=at)).decode()
        for _ in range(MESSAGES)
    ]


def _accepted(ref: Any, texts: list[str], at: datetime) -> float:
    from workspaces.signin.services import acceptance

    started = time.perf_counter()
    for text in texts:
        acceptance.accept(ref=ref, text=text, at=at)
    return len(texts) / (time.perf_counter() - started)


def _by_library(texts: list[str], certificate: str) -> float:
    context = mp.get_context("spawn")
    with context.Pool(1) as pool:
        return float(pool.apply(_library_alone, (texts, certificate)))


def _library_alone(texts: list[str], certificate: str) -> float:
    """In a fresh process, which imports nothing of ours."""
    from onelogin.saml2.response import OneLogin_Saml2_Response
    from onelogin.saml2.settings import OneLogin_Saml2_Settings

    settings = {
        "strict": True,
        "sp": {
            "entityId": f"{BASE}/metadata/",
            "assertionConsumerService": {"url": f"{BASE}/acs/"},
        },
        "idp": {
            "entityId": "https://idp.example/halden",
            "singleSignOnService": {"url": "https://idp.example/halden/sso"},
            "x509certMulti": {"signing": [certificate]},
        },
        "security": {
            "rejectDeprecatedAlgorithm": True,
            "wantAttributeStatement": False,
            "allowSingleLabelDomains": True,
        },
    }
    request = {
        "https": "off",
        "http_host": "127.0.0.1:8000",
        "script_name": "",
        "path_info": f"{BASE.partition(':8000')[2]}/acs/",
    }
    started = time.perf_counter()
    for text in texts:
        response = OneLogin_Saml2_Response(OneLogin_Saml2_Settings(settings), text)
        response.is_valid(request, raise_exceptions=True)
    return len(texts) / (time.perf_counter() - started)


def _refusals(ref: Any, provider: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    from tests.workspaces.signin import attacks, encrypting
    from tests.workspaces.signin.attacks import Scene
    from workspaces.signin import selectors
    from workspaces.signin.services import keys

    scene = Scene(provider=provider, asked=_asked())
    documents = {name: one.make(scene) for name, one in attacks.ATTACKS.items()}
    good = [scene.answer() for _ in range(4 * REPEATS)]
    pair = _our_key(ref, keys, selectors)
    closed = {
        name: encrypting.in_place(document, pair=pair)
        for name, document in documents.items()
        if attacks.can_be_hidden(document)
    }
    closed["a key that is not ours"] = encrypting.in_place(good[0], pair=provider.pair)
    good_closed = [encrypting.in_place(one, pair=pair) for one in good]
    return _dearest(ref, documents, good), _dearest(ref, closed, good_closed)


def _our_key(ref: Any, keys: Any, selectors: Any) -> Any:
    from kit import scoping
    from kit.certificates import KeyPair

    with scoping.organization(organization_id=ref.organization.id):
        row = selectors.connection(connection_id=ref.id)
        key = selectors.current_key(connection_id=ref.id)
        return KeyPair(private_pem=keys.signing_key(row), certificate=key.certificate)


def _dearest(
    ref: Any, documents: dict[str, bytes], good: list[bytes]
) -> dict[str, Any]:
    """What is told of a refusal needs no identity: those that come in are no attack."""
    costs = {
        name: min(_cpu(ref, document) for _ in range(REPEATS))
        for name, document in documents.items()
    }
    # The dearest few once more, each as often as a good one and in turn with it.
    dearest = sorted(costs, key=lambda one: costs[one])[-CANDIDATES:]
    accepting, again = [], defaultdict(list)
    for one in good:
        accepting.append(_cpu(ref, one))
        for name in dearest:
            again[name].append(_cpu(ref, documents[name]))
    costs = {name: statistics.median(taken) for name, taken in again.items()}
    name = max(costs, key=lambda one: costs[one])
    return {
        "ratio": round(costs[name] / statistics.median(accepting), 3),
        "ours": round(costs[name] * 1e6),
        "reference": round(statistics.median(accepting) * 1e6),
        "unit": f"µs of CPU; the dearest of {len(documents)} is “{name}”",
    }


def _cpu(ref: Any, document: bytes) -> float:
    from tests.cast import NOON
    from workspaces.signin.reasons import SignInRefused
    from workspaces.signin.services import acceptance

    text = base64.b64encode(document).decode()
    started = time.process_time()
    with contextlib.suppress(SignInRefused):
        acceptance.accept(ref=ref, text=text, at=NOON)
    return time.process_time() - started
