"""Puts an assertion that was encrypted for us in its place, and looks at both forms.

The tree of an answer holds exactly one assertion, plain or encrypted, directly below
its root; once opened, it is held to the same form as one that came plain.

AES-CBC lets a stranger change the text inside and watch what we say. So with CBC the
whole answer must be signed, which is verified before anything is opened; or else all
that goes wrong up to the signature of the assertion inside, wherever it goes wrong, is
answered alike and takes the same way: what cannot be read gives its place to a decoy.
"""

import secrets
from collections.abc import Sequence
from copy import deepcopy
from typing import Any

from workspaces.signin import encryption, messages, signatures
from workspaces.signin.assertions import IdentityProvider
from workspaces.signin.reasons import Reason, SignInRefused

_SAML = "{urn:oasis:names:tc:SAML:2.0:assertion}"
_XENC = "{http://www.w3.org/2001/04/xmlenc#}"
_SIGNATURE = f"{{{signatures.DS}}}Signature"
ASSERTION = f"{_SAML}Assertion"
ENCRYPTED = f"{_SAML}EncryptedAssertion"
_PARTS = (
    f"{_SAML}EncryptedID",
    f"{_SAML}EncryptedAttribute",
    "{urn:oasis:names:tc:SAML:2.0:protocol}NewEncryptedID",
    f"{_XENC}EncryptedData",
    f"{_XENC}EncryptedKey",
)
# Signed by nobody: its digest is of nothing. Its name is not to be guessed.
_DECOY = b"""<a:Assertion xmlns:a="urn:oasis:names:tc:SAML:2.0:assertion" ID="_decoy">
<d:Signature xmlns:d="http://www.w3.org/2000/09/xmldsig#"><d:SignedInfo>
<d:CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/>
<d:SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"/>
<d:Reference URI="#_decoy"><d:Transforms>
<d:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/>
<d:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/></d:Transforms>
<d:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/>
<d:DigestValue>AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=</d:DigestValue>
</d:Reference></d:SignedInfo><d:SignatureValue>AAAA</d:SignatureValue></d:Signature>
</a:Assertion>""".replace(b"_decoy", b"_" + secrets.token_hex(16).encode())


def demand_structure(root: Any) -> None:
    """One assertion in its place, and signatures of allowed form only where allowed."""
    holders = list(root.iter(ASSERTION, ENCRYPTED))
    if len(holders) != 1 or holders[0].getparent() is not root:
        raise SignInRefused(Reason.INVALID, received=f"{len(holders)} assertions")
    (holder,) = holders
    is_closed = holder.tag == ENCRYPTED
    for part in root.iter(*_PARTS):
        if not is_closed or holder not in part.iterancestors():
            raise SignInRefused(Reason.ENCRYPTED_PART)
    signed: list[Any] = []
    for signature in root.iter(_SIGNATURE):
        parent = signature.getparent()
        if parent not in {root, holder} or parent in signed or parent is None:
            raise SignInRefused(Reason.SIGNATURE_FORM)
        signatures.demand_form(signature)
        signed.append(parent)


def opened(root: Any, *, keys: Sequence[bytes], idp: IdentityProvider) -> Any:
    """The assertion inside, whose form has been looked at; `root` stays as it is."""
    envelope = encryption.read(root.find(ENCRYPTED))
    outer = root.find(_SIGNATURE)
    if envelope.is_authenticated:
        return _assertion(_whole(root, encryption.opened(envelope, keys)))
    if outer is None:
        return _opened_unseen(root, encryption.opened(envelope, keys), idp=idp)
    if signatures.signer(outer, idp.certificates) is None:
        raise SignInRefused(Reason.SIGNATURE_WRONG)
    return _assertion(_whole(root, encryption.opened(envelope, keys)))


def _opened_unseen(root: Any, plain: bytes | None, *, idp: IdentityProvider) -> Any:
    """The same where nothing vouches for the cipher text: one answer for all."""
    try:
        whole = _whole(root, plain, must_be_signed=True)
    except SignInRefused:
        whole = _whole(root, _DECOY)
    assertion = _assertion(whole)
    signature = assertion.find(_SIGNATURE)
    if signatures.signer(signature, idp.certificates) is None:
        raise SignInRefused(Reason.UNREADABLE)
    return assertion


def _whole(root: Any, plain: bytes | None, *, must_be_signed: bool = False) -> Any:
    """A copy of the answer with the plain assertion in place of the encrypted one."""
    if plain is None:
        raise SignInRefused(Reason.UNREADABLE)
    whole = deepcopy(root)
    place = whole.find(ENCRYPTED)
    inner = messages.parse_inside(plain, names=place.nsmap)
    if inner.tag != ASSERTION:
        raise SignInRefused(Reason.UNREADABLE)
    whole.replace(place, inner)
    messages.demand_small(whole)
    messages.demand_unique_ids(whole)
    demand_structure(whole)
    if must_be_signed and inner.find(_SIGNATURE) is None:
        raise SignInRefused(Reason.UNREADABLE)
    return whole


def _assertion(whole: Any) -> Any:
    return whole.find(ASSERTION)
