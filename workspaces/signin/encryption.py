"""Opens an encrypted assertion with a key of ours, by allow-list, or not at all.

Anyone can encrypt for us, since our certificate is public, so everything in here comes
from strangers. The form is read strictly and the cryptography done by primitives: no
reference is followed, no transform runs, nothing is decompressed. A key is unwrapped by
RSA-OAEP only (what RSA 1.5 answers gives away what it wraps). Whatever goes wrong after
the form was read has one answer, which does not tell the steps apart.
"""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from lxml import etree

from workspaces.signin.reasons import Reason, SignInRefused

_DS = "{http://www.w3.org/2000/09/xmldsig#}"
_XENC = "{http://www.w3.org/2001/04/xmlenc#}"
_XENC11 = "{http://www.w3.org/2009/xmlenc11#}"
_URI = "http://www.w3.org/2001/04/xmlenc#"
_URI11 = "http://www.w3.org/2009/xmlenc11#"
_DSIG_MORE = "http://www.w3.org/2001/04/xmldsig-more#"
_GCM_BYTES = {f"{_URI11}aes{bits}-gcm": bits // 8 for bits in (128, 192, 256)}
_CBC_BYTES = {f"{_URI}aes{bits}-cbc": bits // 8 for bits in (128, 192, 256)}
GCM_256 = f"{_URI11}aes256-gcm"
OAEP = f"{_URI}rsa-oaep-mgf1p"
_OAEP_11 = f"{_URI11}rsa-oaep"
SHA1 = hashes.SHA1()  # noqa: S303 -- OAEP's default, where collisions are no matter
_DIGESTS: dict[str | None, hashes.HashAlgorithm] = {
    None: SHA1,
    "http://www.w3.org/2000/09/xmldsig#sha1": SHA1,
    f"{_URI}sha256": hashes.SHA256(),
    f"{_DSIG_MORE}sha384": hashes.SHA384(),
    f"{_URI}sha512": hashes.SHA512(),
}
_MASKS: dict[str | None, hashes.HashAlgorithm] = {
    None: SHA1,
    f"{_URI11}mgf1sha1": SHA1,
    f"{_URI11}mgf1sha256": hashes.SHA256(),
    f"{_URI11}mgf1sha384": hashes.SHA384(),
    f"{_URI11}mgf1sha512": hashes.SHA512(),
}
_KNOWN_TAGS = (
    {
        f"{_XENC}{name}"
        for name in (
            "EncryptedData",
            "EncryptedKey",
            "EncryptionMethod",
            "CipherData",
            "CipherValue",
            "ReferenceList",
            "DataReference",
            "CarriedKeyName",
            "KeySize",
        )
    }
    | {
        f"{_DS}{name}"
        for name in (
            "KeyInfo",
            "KeyName",
            "KeyValue",
            "RSAKeyValue",
            "Modulus",
            "Exponent",
            "DigestMethod",
            "RetrievalMethod",
            "X509Data",
            "X509Certificate",
            "X509IssuerSerial",
            "X509IssuerName",
            "X509SerialNumber",
            "X509SKI",
            "X509SubjectName",
        )
    }
    | {f"{_XENC11}MGF"}
)
_TYPES = {None, f"{_URI}Element"}
_MEDIA_TYPES = {None, "text/xml", "application/xml"}
_BLOCK = 16
_NONCE = 12


@dataclass(frozen=True, kw_only=True)
class Envelope:
    """One encrypted assertion of accepted form and algorithms, still closed.

    `is_authenticated`: whoever changes a byte of it cannot have it opened.
    """

    is_authenticated: bool
    key_bytes: int
    digest: hashes.HashAlgorithm
    mask: hashes.HashAlgorithm
    wrapped_key: bytes
    cipher: bytes


def read(node: Any) -> Envelope:
    """The parts of an EncryptedAssertion: one block, one key, nothing else."""
    _demand_form(node)
    (data,) = node.findall(f"{_XENC}EncryptedData")
    (key,) = node.iter(f"{_XENC}EncryptedKey")
    block = _algorithm(data)
    if block not in _GCM_BYTES and block not in _CBC_BYTES:
        raise SignInRefused(Reason.ENCRYPTION_ALGORITHM, received=str(block))
    digest, mask = _wrapping(key)
    return Envelope(
        is_authenticated=block in _GCM_BYTES,
        key_bytes=_GCM_BYTES.get(block) or _CBC_BYTES[block],
        digest=digest,
        mask=mask,
        wrapped_key=_value(key),
        cipher=_value(data),
    )


def opened(envelope: Envelope, keys: Sequence[bytes]) -> bytes | None:
    """The plain bytes by whichever key of ours fits; None for every failure.

    A key that fails costs what one that fits costs: all are tried until one opens.
    """
    for pem in keys:
        key = load_pem_private_key(pem, None, unsafe_skip_rsa_key_validation=True)
        plain = _opened_with(envelope, key)
        if plain is not None:
            return plain
    return None


def _demand_form(node: Any) -> None:
    counts: dict[str, int] = {}
    for inner in node.iterdescendants():
        if inner.tag is etree.Comment:
            continue
        if inner.tag not in _KNOWN_TAGS:
            raise SignInRefused(Reason.ENCRYPTION_FORM, received=str(inner.tag))
        counts[inner.tag] = counts.get(inner.tag, 0) + 1
    expected = {"EncryptedData": 1, "EncryptedKey": 1, "CipherValue": 2}
    if any(counts.get(f"{_XENC}{name}") != n for name, n in expected.items()):
        raise SignInRefused(Reason.ENCRYPTION_FORM)
    data = node.find(f"{_XENC}EncryptedData")
    key = next(node.iter(f"{_XENC}EncryptedKey"))
    holders = {node, None if data is None else data.find(f"{_DS}KeyInfo")}
    if data is None or key.getparent() not in holders:
        raise SignInRefused(Reason.ENCRYPTION_FORM)
    if data.get("Type") not in _TYPES or data.get("MimeType") not in _MEDIA_TYPES:
        raise SignInRefused(Reason.ENCRYPTION_FORM, received=data.get("Type") or "")
    if data.get("Encoding") is not None or key.get("Encoding") is not None:
        raise SignInRefused(Reason.ENCRYPTION_FORM)
    _demand_own_key(node, key)


def _demand_own_key(node: Any, key: Any) -> None:
    """A pointer to a key may only point at the one that stands beside the data."""
    for pointer in node.iter(f"{_DS}RetrievalMethod"):
        if pointer.get("URI") != f"#{key.get('Id', '')}" or key.get("Id") is None:
            raise SignInRefused(Reason.ENCRYPTION_FORM, received=pointer.get("URI", ""))


def _algorithm(holder: Any) -> str | None:
    method = holder.find(f"{_XENC}EncryptionMethod")
    found: str | None = None if method is None else method.get("Algorithm")
    return found


def _wrapping(key: Any) -> tuple[hashes.HashAlgorithm, hashes.HashAlgorithm]:
    method = _algorithm(key)
    if method not in {OAEP, _OAEP_11}:
        raise SignInRefused(Reason.ENCRYPTION_ALGORITHM, received=str(method))
    digest = _inner(key, f"{_DS}DigestMethod")
    mask = _inner(key, f"{_XENC11}MGF")
    if method == OAEP and mask is not None:
        raise SignInRefused(Reason.ENCRYPTION_ALGORITHM, received=mask)
    if digest not in _DIGESTS or mask not in _MASKS:
        raise SignInRefused(
            Reason.ENCRYPTION_ALGORITHM, received=f"{digest or ''} {mask or ''}"
        )
    return _DIGESTS[digest], _MASKS[mask]


def _inner(key: Any, tag: str) -> str | None:
    found = key.findall(f"{_XENC}EncryptionMethod/{tag}")
    if len(found) > 1 or len(list(key.iter(tag))) != len(found):
        raise SignInRefused(Reason.ENCRYPTION_FORM)
    return str(found[0].get("Algorithm")) if found else None


def _value(holder: Any) -> bytes:
    node = holder.find(f"{_XENC}CipherData/{_XENC}CipherValue")
    if node is None or len(node):
        raise SignInRefused(Reason.ENCRYPTION_FORM)
    try:
        return base64.b64decode("".join((node.text or "").split()), validate=True)
    except (binascii.Error, ValueError):
        raise SignInRefused(Reason.ENCRYPTION_FORM) from None


def _opened_with(envelope: Envelope, key: Any) -> bytes | None:
    if not isinstance(key, rsa.RSAPrivateKey):
        return None
    scheme = padding.OAEP(
        mgf=padding.MGF1(envelope.mask), algorithm=envelope.digest, label=None
    )
    try:
        secret = key.decrypt(envelope.wrapped_key, scheme)
    except ValueError:
        return None
    if len(secret) != envelope.key_bytes:
        return None
    open_block = _gcm if envelope.is_authenticated else _cbc
    return open_block(secret, envelope.cipher)


def _gcm(secret: bytes, cipher: bytes) -> bytes | None:
    try:
        return AESGCM(secret).decrypt(cipher[:_NONCE], cipher[_NONCE:], None)
    except (InvalidTag, ValueError):
        return None


def _cbc(secret: bytes, cipher: bytes) -> bytes | None:
    """Only the last byte of the padding means something in XML Encryption."""
    if len(cipher) < 2 * _BLOCK or len(cipher) % _BLOCK:
        return None
    worker = Cipher(algorithms.AES(secret), modes.CBC(cipher[:_BLOCK])).decryptor()
    plain = worker.update(cipher[_BLOCK:]) + worker.finalize()
    length = plain[-1]
    return plain[:-length] if 1 <= length <= _BLOCK else None
