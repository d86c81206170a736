"""Signature Version 4 as AWS describes it, written again to check what Custos sends."""

import hashlib
import hmac
import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, quote

_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8}/([a-z0-9-]+)/s3/aws4_request), *"
    r"SignedHeaders=([a-z0-9;-]+), *Signature=([0-9a-f]{64})"
)


def fault(
    *,
    method: str,
    path: str,
    query: str,
    headers: Mapping[str, str],
    body: bytes,
    keys: Mapping[str, str],
) -> str:
    """The code that S3 refuses a request with, empty where its signature holds.

    `headers` have names in lower case; `path` is as it was sent.
    """
    found = _AUTHORIZATION.fullmatch(headers.get("authorization", ""))
    if found is None:
        return "AccessDenied"
    key, scope, region, signed, signature = found.groups()
    if key not in keys:
        return "InvalidAccessKeyId"
    if headers["x-amz-content-sha256"] != hashlib.sha256(body).hexdigest():
        return "XAmzContentSHA256Mismatch"
    pairs = sorted(parse_qsl(query, keep_blank_values=True))
    canonical = "\n".join(
        [
            method,
            path,
            "&".join(f"{quote(a, safe='~')}={quote(b, safe='~')}" for a, b in pairs),
            *(f"{name}:{headers[name].strip()}" for name in signed.split(";")),
            "",
            signed,
            headers["x-amz-content-sha256"],
        ]
    )
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    text = f"AWS4-HMAC-SHA256\n{headers['x-amz-date']}\n{scope}\n{digest}"
    made = f"AWS4{keys[key]}".encode()
    for part in (scope[:8], region, "s3", "aws4_request", text):
        made = hmac.digest(made, part.encode(), "sha256")
    return "" if made.hex() == signature else "SignatureDoesNotMatch"
