"""Answers the demo provider's requests: a WSGI application over an Identity."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from lxml import etree

from config.demo_idp import assertions, pages, requests
from config.demo_idp.identity import Identity, metadata
from config.demo_idp.people import ORGANIZATIONS, PEOPLE, DemoOrganization, DemoPerson

Start = Callable[..., Any]
_FILES = {"plain.css": "text/css", "send.js": "text/javascript"}
_HTML = "text/html; charset=utf-8"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One HTTP answer."""

    body: bytes
    kind: str = _HTML
    status: HTTPStatus = HTTPStatus.OK


def _real_time() -> datetime:
    return datetime.now(tz=UTC)


@dataclass(kw_only=True)
class DemoIdp:
    """The application; remembers the last answer it gave, to show it."""

    identity: Identity
    portal_url: str
    now: Callable[[], datetime] = _real_time
    _last: str = field(default="", repr=False)

    def __call__(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        answer = self._answer(environ)
        headers = {
            "Content-Type": answer.kind,
            "Content-Length": str(len(answer.body)),
            "Content-Security-Policy": _policy(self.portal_url),
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cache-Control": "no-store",
        }
        start(f"{answer.status.value} {answer.status.phrase}", list(headers.items()))
        return [answer.body]

    def _answer(self, environ: dict[str, Any]) -> Answer:
        if environ["REQUEST_METHOD"] not in {"GET", "HEAD"}:
            return _refused("Only GET is answered.", HTTPStatus.METHOD_NOT_ALLOWED)
        query = parse_qs(environ.get("QUERY_STRING", ""), max_num_fields=10)
        match environ.get("PATH_INFO", "").strip("/").split("/"):
            case [""]:
                return _page(pages.home())
            case ["last"]:
                return _page(pages.last_answer(document=self._last))
            case ["files", name] if name in _FILES:
                body = (pages.FOLDER / name).read_bytes()
                return Answer(body=body, kind=_FILES[name])
            case ["idp", slug, page] if slug in _BY_SLUG:
                return self._of_organization(_BY_SLUG[slug], page, query)
        return _refused("There is no such page.", HTTPStatus.NOT_FOUND)

    def _of_organization(
        self, organization: DemoOrganization, page: str, query: dict[str, list[str]]
    ) -> Answer:
        if page == "metadata":
            document = metadata(self.identity, organization)
            return Answer(body=document, kind="application/samlmetadata+xml")
        if page != "sso":
            return _refused("There is no such page.", HTTPStatus.NOT_FOUND)
        packed = query.get("SAMLRequest", [""])[0]
        try:
            asked = requests.read(
                packed, organization=organization, portal_url=self.portal_url
            )
        except requests.NotOurRequest as refusal:
            return _refused(str(refusal), HTTPStatus.BAD_REQUEST)
        people = [one for one in PEOPLE if one.organization == organization]
        hint = query.get("login_hint", [""])[0]
        person = next((one for one in people if one.email == hint), None)
        if person is None:
            return _page(_choice(people, packed))
        return self._vouch(person, asked)

    def _vouch(self, person: DemoPerson, asked: requests.SignInRequest) -> Answer:
        document = assertions.response(
            subject=assertions.Subject(
                name_id=person.name_id,
                email=person.email,
                first_name=person.first_name,
                last_name=person.last_name,
            ),
            exchange=assertions.Exchange(
                issuer=person.organization.entity_id,
                audience=asked.issuer,
                acs_url=asked.acs_url,
                request_id=asked.id,
            ),
            private_pem=self.identity.private_pem,
            certificate=self.identity.certificate,
            at=self.now(),
        )
        self._last = _indented(document)
        return _page(
            pages.sending(person=person, acs_url=asked.acs_url, document=document)
        )


_BY_SLUG = {one.slug: one for one in ORGANIZATIONS}


def _choice(people: list[DemoPerson], packed: str) -> str:
    links = [
        f"?{urlencode({'SAMLRequest': packed, 'login_hint': one.email})}"
        for one in people
    ]
    return pages.choosing(people=people, links=links)


def _policy(portal_url: str) -> str:
    """As strict as the portal's; the answer's form may go to the portal alone."""
    parts = urlsplit(portal_url)
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; "
        f"form-action {parts.scheme}://{parts.netloc}; "
        "frame-ancestors 'none'; base-uri 'none'"
    )


def _page(text: str) -> Answer:
    return Answer(body=text.encode())


def _refused(sentence: str, status: HTTPStatus) -> Answer:
    return Answer(body=pages.refusal(sentence).encode(), status=status)


def _indented(document: bytes) -> str:
    """For reading only: indenting breaks the signature of this copy."""
    root = etree.fromstring(document)
    etree.indent(root)
    return str(etree.tostring(root, encoding="unicode"))
