"""Reads the vendored Tabler outline icons as inline SVG."""

import re
from functools import cache
from pathlib import Path

from django.contrib.staticfiles import finders

ICON_FOLDER = "vendor/tabler-icons"
NAME = re.compile(r"[a-z0-9-]+")


class UnknownIcon(LookupError):
    """No vendored icon has this name; vendor it, or use one that is there."""


@cache
def shapes(name: str) -> str:
    """The drawing elements of an icon, without the `<svg>` around them."""
    found = finders.find(f"{ICON_FOLDER}/{name}.svg") if NAME.fullmatch(name) else None
    if not isinstance(found, str):
        raise UnknownIcon(name)
    body = re.sub(r"<svg.*?>|</svg>", "", Path(found).read_text(), flags=re.DOTALL)
    lines = [line.strip() for line in body.splitlines()]
    # The first shape only spans the view box and draws nothing.
    return "".join(line for line in lines if line and 'stroke="none"' not in line)
