"""The Redirect binding of SAML: messages in a query, signed over its very octets.

What is signed is the text of the query as it was sent, so it is never decoded and
written anew before the signature is checked.
"""

import base64
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote_plus, urlencode

import xmlsec as _xmlsec

from kit import certificates
from workspaces.signin import messages
from workspaces.signin.reasons import Reason, SignInRefused

xmlsec: Any = _xmlsec  # its stubs name none of its constants
_T = xmlsec.Transform
_RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
_ALGORITHMS = {
    _RSA_SHA256: _T.RSA_SHA256,
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384": _T.RSA_SHA384,
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512": _T.RSA_SHA512,
    "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256": _T.ECDSA_SHA256,
    "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384": _T.ECDSA_SHA384,
    "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512": _T.ECDSA_SHA512,
}
_DEFLATE = "urn:oasis:names:tc:SAML:2.0:bindings:URL-Encoding:DEFLATE"
_FIELDS_MAX = 10
_QUERY_MAX = 64 * 1024


@dataclass(frozen=True, kw_only=True)
class Query:
    """The parts of a query of this binding; `signed` are the octets vouched for."""

    name: str
    text: str
    relay_state: str
    algorithm: str
    signature: str
    signed: bytes


def url(
    address: str,
    *,
    name: str,
    document: bytes,
    signing_key: bytes | None,
    relay_state: str = "",
) -> str:
    """The address with a message of ours in its query, signed where there is a key."""
    fields = {name: _deflated(document)}
    if relay_state:
        fields["RelayState"] = relay_state
    query = urlencode(fields)
    if signing_key is not None:
        query = _with_signature(query, signing_key)
    return f"{address}{'&' if '?' in address else '?'}{query}"


def read(query: str, *names: str) -> Query:
    """One message of the given names, its signature, and what that is over."""
    if len(query) > _QUERY_MAX:
        raise SignInRefused(Reason.TOO_LARGE)
    raw = _fields(query)
    found = [name for name in names if name in raw]
    if not found:
        raise SignInRefused(Reason.LOGOUT_EMPTY)
    if len(found) > 1:
        raise SignInRefused(Reason.WRONG_ENCODING)
    (name,) = found
    if unquote_plus(raw.get("SAMLEncoding", _DEFLATE)) != _DEFLATE:
        raise SignInRefused(Reason.WRONG_ENCODING)
    if "Signature" not in raw or "SigAlg" not in raw:
        raise SignInRefused(Reason.UNSIGNED)
    signed = [one for one in (name, "RelayState", "SigAlg") if one in raw]
    return Query(
        name=name,
        text=unquote_plus(raw[name]),
        relay_state=unquote_plus(raw.get("RelayState", "")),
        algorithm=unquote_plus(raw["SigAlg"]),
        signature=unquote_plus(raw["Signature"]),
        signed="&".join(f"{one}={raw[one]}" for one in signed).encode(),
    )


def document(query: Query) -> bytes:
    """The message inside, inflated no further than any message may be large."""
    packed = messages.unpacked(query.text)
    worker = zlib.decompressobj(wbits=-15)
    try:
        data = worker.decompress(packed, messages.MESSAGE_MAX_BYTES + 1)
    except zlib.error:
        raise SignInRefused(Reason.NOT_BASE64) from None
    if len(data) > messages.MESSAGE_MAX_BYTES:
        raise SignInRefused(Reason.TOO_LARGE)
    if not worker.eof or worker.unused_data:
        raise SignInRefused(Reason.NOT_BASE64)
    return data


def signer(query: Query, candidates: Sequence[str]) -> str | None:
    """The certificate, in base64, whose key made the signature of the query."""
    transform = _ALGORITHMS.get(query.algorithm)
    if transform is None:
        raise SignInRefused(Reason.SIGNATURE_ALGORITHM, received=query.algorithm)
    signature = messages.unpacked(query.signature)
    for one in candidates:
        context = xmlsec.SignatureContext()
        pem = certificates.pem(one)
        context.key = xmlsec.Key.from_memory(pem, xmlsec.KeyFormat.CERT_PEM, None)
        try:
            context.verify_binary(query.signed, transform, signature)
        except xmlsec.Error:
            continue
        return one
    return None


def _fields(query: str) -> dict[str, str]:
    """The raw values; none may come twice, since the two sides could choose."""
    parts = query.split("&")
    if not query.isascii() or len(parts) > _FIELDS_MAX:
        raise SignInRefused(Reason.WRONG_ENCODING)
    found: dict[str, str] = {}
    for part in parts:
        name, _, value = part.partition("=")
        if unquote_plus(name) != name or name in found:
            raise SignInRefused(Reason.WRONG_ENCODING)
        found[name] = value
    return found


def _deflated(data: bytes) -> str:
    packer = zlib.compressobj(wbits=-15)
    return base64.b64encode(packer.compress(data) + packer.flush()).decode("ascii")


def _with_signature(query: str, key: bytes) -> str:
    query += f"&SigAlg={quote(_RSA_SHA256, safe='')}"
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(key, xmlsec.KeyFormat.PEM, None)
    signature = context.sign_binary(query.encode(), _T.RSA_SHA256)
    encoded = base64.b64encode(signature).decode("ascii")
    return f"{query}&Signature={quote(encoded, safe='')}"
