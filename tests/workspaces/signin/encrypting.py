"""Encrypts assertions for us, the way providers do and the way attackers would."""

import base64
import os
from collections.abc import Callable
from typing import Any

import xmlsec
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from lxml import etree

from kit import certificates
from kit.certificates import KeyPair
from tests.workspaces.signin.provider import DS, key_pair

XENC = "http://www.w3.org/2001/04/xmlenc#"
XENC11 = "http://www.w3.org/2009/xmlenc11#"
SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
GCM = f"{XENC11}aes256-gcm"
CBC = f"{XENC}aes128-cbc"
OAEP = f"{XENC}rsa-oaep-mgf1p"
RSA15 = f"{XENC}rsa-1_5"
PLACE = """<saml:EncryptedAssertion xmlns:saml="{saml}"><xenc:EncryptedData
 xmlns:xenc="{xenc}"{type}><xenc:EncryptionMethod Algorithm="{block}"/>
<ds:KeyInfo xmlns:ds="{ds}"><xenc:EncryptedKey><xenc:EncryptionMethod
 Algorithm="{wrap}">{wrap_more}</xenc:EncryptionMethod><xenc:CipherData>
<xenc:CipherValue>{key}</xenc:CipherValue></xenc:CipherData></xenc:EncryptedKey>
</ds:KeyInfo><xenc:CipherData><xenc:CipherValue>{cipher}</xenc:CipherValue>
</xenc:CipherData></xenc:EncryptedData></saml:EncryptedAssertion>"""
ELEMENT = f' Type="{XENC}Element"'

Spoil = Callable[[bytes], bytes]


def untouched(data: bytes) -> bytes:
    """Spoils nothing."""
    return data


def flipped(data: bytes) -> bytes:
    """One bit of the last byte but sixteen is another."""
    return data[:-17] + bytes([data[-17] ^ 1]) + data[-16:]


def sealed(
    plain: bytes,
    *,
    pair: KeyPair | None = None,
    block: str = GCM,
    wrap: str = OAEP,
    spoil_key: Spoil = untouched,
    spoil_cipher: Spoil = untouched,
    **values: str,
) -> bytes:
    """An EncryptedAssertion with that plain text inside, whatever it is."""
    secret = os.urandom(32 if "256" in block else 24 if "192" in block else 16)
    cipher = (_gcm if "gcm" in block else _cbc)(secret, plain)
    public = _public_key(pair or key_pair("portal"))
    scheme: Any = padding.OAEP(
        mgf=padding.MGF1(hashes.SHA1()), algorithm=hashes.SHA1(), label=None
    )
    if wrap == RSA15:
        scheme = padding.PKCS1v15()
    filled = {
        "saml": SAML,
        "xenc": XENC,
        "ds": DS,
        "type": ELEMENT,
        "block": block,
        "wrap": wrap,
        "wrap_more": "",
        "key": _text(spoil_key(public.encrypt(secret, scheme))),
        "cipher": _text(spoil_cipher(cipher)),
    } | values
    return PLACE.format(**filled).encode()


def in_place(document: bytes, **how: Any) -> bytes:
    """The answer with its first assertion encrypted, after that was signed."""
    root = etree.fromstring(document)
    assertion = root.find(f"{{{SAML}}}Assertion")
    tail, assertion.tail = assertion.tail, None
    holder = etree.fromstring(sealed(etree.tostring(assertion), **how))
    holder.tail = tail
    root.replace(assertion, holder)
    return etree.tostring(root)


def by_xmlsec(document: bytes, block: Any, bits: int, *, pair: KeyPair) -> bytes:
    """The same by another program than ours: the library that most providers use."""
    root = etree.fromstring(document)
    assertion = root.find(f"{{{SAML}}}Assertion")
    data = xmlsec.template.encrypted_data_create(
        assertion, block, type=xmlsec.EncryptionType.ELEMENT, ns="xenc"
    )
    xmlsec.template.encrypted_data_ensure_cipher_value(data)
    info = xmlsec.template.encrypted_data_ensure_key_info(data, ns="ds")
    key = xmlsec.template.add_encrypted_key(info, xmlsec.Transform.RSA_OAEP)
    xmlsec.template.encrypted_data_ensure_cipher_value(key)
    manager = xmlsec.KeysManager()
    pem = certificates.pem(pair.certificate)
    manager.add_key(xmlsec.Key.from_memory(pem, xmlsec.KeyFormat.CERT_PEM, None))
    context = xmlsec.EncryptionContext(manager)
    context.key = xmlsec.Key.generate(
        xmlsec.KeyData.AES, bits, xmlsec.KeyDataType.SESSION
    )
    closed = context.encrypt_xml(data, assertion)
    holder = etree.Element(f"{{{SAML}}}EncryptedAssertion")
    closed.getparent().replace(closed, holder)
    holder.append(closed)
    return etree.tostring(root)


def _public_key(pair: KeyPair) -> Any:
    der = base64.b64decode(pair.certificate)
    return x509.load_der_x509_certificate(der).public_key()


def _gcm(secret: bytes, plain: bytes) -> bytes:
    nonce = os.urandom(12)
    return nonce + AESGCM(secret).encrypt(nonce, plain, None)


def _cbc(secret: bytes, plain: bytes) -> bytes:
    vector = os.urandom(16)
    fill = 16 - len(plain) % 16
    worker = Cipher(algorithms.AES(secret), modes.CBC(vector)).encryptor()
    padded = plain + bytes(fill - 1) + bytes([fill])
    return vector + worker.update(padded) + worker.finalize()


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
