"""Writes the provider's few pages; plain, so that nobody takes it for the portal."""

import base64
from collections.abc import Iterable
from html import escape
from pathlib import Path
from string import Template

from config.demo_idp.people import IDP_NAME, DemoPerson

FOLDER = Path(__file__).parent / "files"
_PAGE = Template((FOLDER / "page.html").read_text(encoding="utf-8"))


def sending(*, person: DemoPerson, acs_url: str, document: bytes) -> str:
    """Carries the answer to the portal: by script at once, or by the button."""
    encoded = base64.b64encode(document).decode("ascii")
    return _page(
        f"Signing in as {person.name}",
        f'<p class="who"><strong>{escape(person.name)}</strong>'
        f"<span>{escape(person.title)}</span>"
        f"<span>{escape(person.email)}</span></p>"
        f'<form id="answer" method="post" action="{escape(acs_url)}">'
        f'<input type="hidden" name="SAMLResponse" value="{encoded}">'
        "<button>Continue to Custos</button></form>"
        '<p class="note">The signed answer goes back to Custos now.</p>'
        '<script src="/files/send.js"></script>',
    )


def choosing(*, people: Iterable[DemoPerson], links: Iterable[str]) -> str:
    """Asks who signs in, where the portal gave no hint."""
    items = "".join(
        f'<li><a href="{escape(link)}"><strong>{escape(one.name)}</strong>'
        f"<span>{escape(one.title)}</span></a></li>"
        for one, link in zip(people, links, strict=True)
    )
    return _page("Who signs in?", f'<ul class="people">{items}</ul>')


def last_answer(*, document: str) -> str:
    """Shows the assertion that was last given out."""
    text = escape(document or "No one has signed in since this provider started.")
    return _page("The last answer given", f'<pre tabindex="0">{text}</pre>')


def refusal(sentence: str) -> str:
    """Says what was wrong with a request."""
    return _page("Refused", f"<p>{escape(sentence)}</p>")


def home() -> str:
    """What this is."""
    return _page(
        IDP_NAME,
        "<p>It vouches for the invented people of the Custos demonstration, and for "
        "nobody else. Start at the portal.</p>",
    )


def _page(title: str, body: str) -> str:
    return _PAGE.substitute(title=escape(title), name=escape(IDP_NAME), body=body)
