"""Verifies one XML signature against allow-lists of transforms and algorithms.

python3-saml hides the xmlsec context in which it verifies, and without an allow-list a
3 kB anonymous message with an XSLT or XPath transform holds a worker for half a minute
and MD5 passes. So its one node-verify function is replaced here, for plain and for
decrypted documents alike. Its clock is replaced too: time enters from the edge.

The replacement is of the process and happens on import; `checks.py` proves at start-up
that it took hold, by letting a good message pass and a hostile one fail.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

import xmlsec as _xmlsec
from onelogin.saml2.utils import OneLogin_Saml2_Utils, return_false_on_exception

from kit import certificates
from workspaces.signin.reasons import Reason, SignInRefused

xmlsec: Any = _xmlsec  # its stubs name none of its constants
DS = "http://www.w3.org/2000/09/xmldsig#"
_T = xmlsec.Transform
REFERENCE_TRANSFORMS = (_T.ENVELOPED, _T.EXCL_C14N, _T.SHA256, _T.SHA384, _T.SHA512)
SIGNATURE_TRANSFORMS = (
    _T.EXCL_C14N,
    _T.RSA_SHA256,
    _T.RSA_SHA384,
    _T.RSA_SHA512,
    _T.ECDSA_SHA256,
    _T.ECDSA_SHA384,
    _T.ECDSA_SHA512,
)
_FORBIDDEN = ("RetrievalMethod", "Object", "Manifest")
_EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
_CHAIN = [f"{DS}enveloped-signature", _EXCLUSIVE]
_METHODS = {
    f"http://www.w3.org/2001/04/xmldsig-more#{kind}-sha{bits}"
    for kind in ("rsa", "ecdsa")
    for bits in (256, 384, 512)
}
_DIGESTS = {
    "http://www.w3.org/2001/04/xmlenc#sha256",
    "http://www.w3.org/2001/04/xmldsig-more#sha384",
    "http://www.w3.org/2001/04/xmlenc#sha512",
}


@dataclass(frozen=True, kw_only=True)
class Examination:
    """One message while the library checks it: its now, and whose key has fitted."""

    at: datetime
    signers: list[str] = field(default_factory=list)


_current: ContextVar[Examination | None] = ContextVar("custos_saml", default=None)


@contextmanager
def examining(at: datetime) -> Iterator[Examination]:
    """Lets the library check one message at that time."""
    examination = Examination(at=at)
    token = _current.set(examination)
    try:
        yield examination
    finally:
        _current.reset(token)


def demand_form(signature: Any) -> None:
    """One reference to the signed element itself, and only the allowed chain."""
    if signature.getparent() is None:
        raise SignInRefused(Reason.SIGNATURE_FORM)
    references = signature.findall(f"{{{DS}}}SignedInfo/{{{DS}}}Reference")
    identity = signature.getparent().get("ID")
    if len(references) != 1 or not identity:
        raise SignInRefused(Reason.SIGNATURE_FORM)
    for name in ("SignedInfo", "Reference", "DigestValue", "SignatureValue"):
        if len(list(signature.iter(f"{{{DS}}}{name}"))) != 1:
            raise SignInRefused(Reason.SIGNATURE_FORM)
    if references[0].get("URI") != f"#{identity}":
        raise SignInRefused(Reason.SIGNATURE_FORM)
    if any(signature.find(f".//{{{DS}}}{n}") is not None for n in _FORBIDDEN):
        raise SignInRefused(Reason.SIGNATURE_FORM)
    chain = [node.get("Algorithm", "") for node in signature.iter(f"{{{DS}}}Transform")]
    if sorted(set(chain)) != sorted(chain) or not set(chain) <= set(_CHAIN):
        raise SignInRefused(Reason.SIGNATURE_FORM, received=", ".join(map(str, chain)))
    _demand_algorithms(signature)


def restricted_context(certificate: str) -> Any:
    """A context of xmlsec that knows one key and runs nothing off the lists."""
    context = xmlsec.SignatureContext()
    context.key = _key(certificate)
    for transform in REFERENCE_TRANSFORMS:
        context.enable_reference_transform(transform)
    for transform in SIGNATURE_TRANSFORMS:
        context.enable_signature_transform(transform)
    context.set_enabled_key_data([xmlsec.KeyData.X509])
    return context


@lru_cache(maxsize=1024)
def _key(certificate: str) -> Any:
    """The key of a certificate; a context takes a copy of its own."""
    return xmlsec.Key.from_memory(certificate, xmlsec.KeyFormat.CERT_PEM, None)


def signer(signature: Any, candidates: Sequence[str]) -> str | None:
    """The certificate, in base64, whose key made this signature of its parent."""
    demand_form(signature)
    xmlsec.tree.add_ids(signature.getroottree().getroot(), ["ID"])
    for one in candidates:
        try:
            restricted_context(certificates.pem(one)).verify(signature)
        except xmlsec.Error:
            continue
        return one
    return None


def _demand_algorithms(signature: Any) -> None:
    expected = {
        "SignatureMethod": _METHODS,
        "DigestMethod": _DIGESTS,
        "CanonicalizationMethod": {_EXCLUSIVE},
    }
    for name, allowed in expected.items():
        for node in signature.iter(f"{{{DS}}}{name}"):
            if node.get("Algorithm") not in allowed:
                raise SignInRefused(
                    Reason.SIGNATURE_ALGORITHM, received=str(node.get("Algorithm"))
                )


@return_false_on_exception  # type: ignore[untyped-decorator]
def verify_node(signature_node: Any, _elem: Any, cert: Any = None, *_: Any) -> bool:
    """Stands in for the library's function of the same purpose and signature."""
    demand_form(signature_node)
    restricted_context(cert).verify(signature_node)
    examination = _current.get()
    if examination is not None:
        examination.signers.append(_body_of(cert))
    return True


def _body_of(pem: str) -> str:
    return "".join(part for part in pem.split() if "-" not in part)


def _now() -> int:
    examination = _current.get()
    return int(time.time() if examination is None else examination.at.timestamp())


OneLogin_Saml2_Utils.validate_node_sign = staticmethod(verify_node)
OneLogin_Saml2_Utils.now = staticmethod(_now)
