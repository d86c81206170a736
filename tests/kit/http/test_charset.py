"""A form in a charset that UTF-8 cannot carry is refused before it is read."""

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db
_FORM = b"--x\r\nContent-Disposition: form-data; name=email\r\n\r\n\\ud800\r\n--x--\r\n"


@pytest.mark.parametrize(
    ("charset", "status"),
    [
        ("raw_unicode_escape", 400),
        ("unicode_escape", 400),
        ("utf-7", 400),
        ("utf-16", 400),
        ("latin-1", 400),
        ("nonsense", 400),
        ("utf-8", 200),
        ("UTF8", 200),
    ],
)
def test_a_stranger_signs_in_in_utf_8_or_is_refused(charset: str, status: int) -> None:
    told = Client().generic(
        "POST",
        "/",
        _FORM,
        content_type=f"multipart/form-data; boundary=x; charset={charset}",
    )

    assert told.status_code == status
    if status == 400:
        assert "Content-Security-Policy" in told.headers
