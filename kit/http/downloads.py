"""Answers with a file to keep."""

from django.http import HttpResponse
from django.utils.http import content_disposition_header


def attached(*, name: str, content: bytes) -> HttpResponse:
    """The bytes under that name, never shown as a page of this site."""
    kept = "".join(one for one in name if one.isprintable()) or "file"
    response = HttpResponse(content, content_type="application/octet-stream")
    response["Content-Disposition"] = (
        content_disposition_header(as_attachment=True, filename=kept) or ""
    )
    return response
