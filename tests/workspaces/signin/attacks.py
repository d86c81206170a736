"""Answers that must sign nobody in, each named after its class of attack.

Every attack bends an answer that is good otherwise, which the runner proves to come in
the same way. The table `ALLOWED` holds the near misses that are no attacks.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import xmlsec
from lxml import etree

from kit import certificates
from tests.cast import NOON
from tests.workspaces.signin.provider import (
    DS,
    PERSISTENT,
    Asked,
    Provider,
    attributes,
    audience,
    text,
    with_transform,
)

SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
SAMLP = "urn:oasis:names:tc:SAML:2.0:protocol"
MARA = "mara.lindqvist@halden.example"
_ASSERTION = f"{{{SAML}}}Assertion"
_SIGNATURE = f"{{{DS}}}Signature"
_T = xmlsec.Transform
_LATE = NOON - timedelta(hours=1)
_SOON = NOON + timedelta(minutes=10)


@dataclass(kw_only=True)
class Scene:
    """One sign-in that was asked for, and the provider that answers it."""

    provider: Provider
    asked: Asked

    def answer(self, **bent: Any) -> bytes:
        """The provider's answer; `{acs}` and `{entity}` in a value are ours."""
        fitted = {
            name: value.replace("{acs}", self.asked.acs_url).replace(
                "{entity}", self.asked.entity_id
            )
            if isinstance(value, str)
            else value
            for name, value in bent.items()
        }
        return self.provider.answer(self.asked, at=NOON, **fitted)

    def tree(self, **bent: Any) -> Any:
        """The same as a tree."""
        return etree.fromstring(self.answer(**bent))

    def forged(self) -> Any:
        """An assertion that nobody signed and that names somebody else."""
        return assertion_of(self.tree(signing={"assertion": False}, name_id="evil"))


Make = Callable[[Scene], bytes]


@dataclass(frozen=True, kw_only=True)
class Attack:
    """How to make the answer, and the codes of which one refuses it."""

    make: Make
    codes: frozenset[str]


def assertion_of(root: Any) -> Any:
    """The assertion in its place."""
    return root.find(_ASSERTION)


def bent(*codes: str, **values: Any) -> Attack:
    """An answer with other values, signed as they are."""
    return Attack(make=lambda scene: scene.answer(**values), codes=frozenset(codes))


def edited(change: Callable[[Any, Scene], Any], *codes: str, **values: Any) -> Attack:
    """An answer whose tree is changed after it was signed."""

    def make(scene: Scene) -> bytes:
        root = scene.tree(**values)
        changed = change(root, scene)
        return etree.tostring(root if changed is None else changed)

    return Attack(make=make, codes=frozenset(codes))


def replaced(old: str, new: str, *codes: str, **values: Any) -> Attack:
    """An answer whose text is changed after it was signed."""

    def make(scene: Scene) -> bytes:
        document = scene.answer(**values).decode()
        assert old in document, old
        return document.replace(old, new, 1).encode()

    return Attack(make=make, codes=frozenset(codes))


# --- Wrapping (XSW): a signature that holds, over something else than what is read

_ANY_FORM = ("invalid", "signature_form", "duplicate_id", "signature_wrong")
_WHOLE = {"signing": {"assertion": False, "response": True}}


def _stolen(root: Any) -> tuple[Any, Any]:
    """The signed assertion, taken out, and its signature."""
    assertion = assertion_of(root)
    root.remove(assertion)
    return assertion, assertion.find(_SIGNATURE)


def _evil_response(root: Any, scene: Scene) -> tuple[Any, Any]:
    """A response that names somebody else, and the signature taken from `root`."""
    evil = scene.tree(signing={"assertion": False}, name_id="evil")
    signature = root.find(_SIGNATURE)
    root.remove(signature)
    evil.insert(1, signature)
    return evil, signature


def _xsw1(root: Any, scene: Scene) -> Any:
    evil, signature = _evil_response(root, scene)
    etree.SubElement(signature, f"{{{DS}}}Object").append(root)
    return evil


def _xsw2(root: Any, scene: Scene) -> Any:
    evil, signature = _evil_response(root, scene)
    signature.addprevious(root)
    return evil


def _xsw3(root: Any, scene: Scene) -> None:
    assertion_of(root).addprevious(scene.forged())


def _xsw4(root: Any, scene: Scene) -> None:
    assertion, _ = _stolen(root)
    evil = scene.forged()
    evil.append(assertion)
    root.append(evil)


def _xsw5(root: Any, scene: Scene) -> None:
    assertion, signature = _stolen(root)
    evil = scene.forged()
    evil.insert(1, signature)
    root.append(evil)
    root.append(assertion)


def _xsw6(root: Any, scene: Scene) -> None:
    assertion, signature = _stolen(root)
    assertion.remove(signature)
    evil = scene.forged()
    evil.insert(1, signature)
    signature.append(assertion)
    root.append(evil)


def _xsw7(root: Any, scene: Scene) -> None:
    assertion = assertion_of(root)
    extensions = etree.Element(f"{{{SAMLP}}}Extensions")
    assertion.addprevious(extensions)
    evil = scene.forged()
    evil.set("ID", assertion.get("ID"))
    extensions.append(evil)


def _xsw8(root: Any, scene: Scene) -> None:
    assertion, signature = _stolen(root)
    assertion.remove(signature)
    evil = scene.forged()
    evil.insert(1, signature)
    etree.SubElement(signature, f"{{{DS}}}Object").append(assertion)
    root.append(evil)


def _xsw9(root: Any, scene: Scene) -> None:
    assertion, _ = _stolen(root)
    extensions = etree.Element(f"{{{SAMLP}}}Extensions")
    root.insert(1, extensions)
    extensions.append(assertion)
    root.append(scene.forged())


def _xsw10(root: Any, scene: Scene) -> None:
    assertion, _ = _stolen(root)
    status = root.find(f"{{{SAMLP}}}Status")
    etree.SubElement(status, f"{{{SAMLP}}}StatusDetail").append(assertion)
    root.append(scene.forged())


def _xsw11(root: Any, scene: Scene) -> None:
    assertion, _ = _stolen(root)
    evil = scene.forged()
    next(evil.iter(f"{{{SAML}}}SubjectConfirmationData")).append(assertion)
    root.append(evil)


def _xsw12(root: Any, scene: Scene) -> None:
    assertion, _ = _stolen(root)
    evil = scene.forged()
    value = next(evil.iter(f"{{{SAML}}}AttributeValue"))
    value.text = None
    value.append(assertion)
    root.append(evil)


def _advice(root: Any, scene: Scene) -> None:
    """The signed assertion as the advice of a forged one."""
    assertion, _ = _stolen(root)
    evil = scene.forged()
    advice = etree.Element(f"{{{SAML}}}Advice")
    evil.find(f"{{{SAML}}}Conditions").addnext(advice)
    advice.append(assertion)
    root.append(evil)


def _advising(root: Any, scene: Scene) -> bytes:
    """A signed assertion that itself holds another one."""
    assertion = assertion_of(root)
    advice = etree.Element(f"{{{SAML}}}Advice")
    assertion.find(f"{{{SAML}}}Conditions").addnext(advice)
    advice.append(scene.forged())
    return root


def _moved_signature(root: Any, _scene: Scene) -> None:
    root.insert(1, assertion_of(root).find(_SIGNATURE))


def _twice_signed(root: Any, _scene: Scene) -> None:
    signature = assertion_of(root).find(_SIGNATURE)
    signature.addnext(etree.fromstring(etree.tostring(signature)))


WRAPPED = {
    "xsw 1: the signed response inside its signature": edited(
        _xsw1, *_ANY_FORM, **_WHOLE
    ),
    "xsw 2: the signed response before its signature": edited(
        _xsw2, *_ANY_FORM, **_WHOLE
    ),
    "xsw 3: a forged assertion before the signed one": edited(_xsw3, *_ANY_FORM),
    "xsw 4: the signed assertion inside a forged one": edited(_xsw4, *_ANY_FORM),
    "xsw 5: the signature moved to a forged assertion": edited(_xsw5, *_ANY_FORM),
    "xsw 6: the signed assertion inside its moved signature": edited(_xsw6, *_ANY_FORM),
    "xsw 7: a forged assertion of the same id in extensions": edited(_xsw7, *_ANY_FORM),
    "xsw 8: the signed assertion as an object of the signature": edited(
        _xsw8, *_ANY_FORM
    ),
    "xsw 9: the signed assertion in extensions": edited(_xsw9, *_ANY_FORM),
    "xsw 10: the signed assertion in the status": edited(_xsw10, *_ANY_FORM),
    "xsw 11: the signed assertion in the confirmation": edited(_xsw11, *_ANY_FORM),
    "xsw 12: the signed assertion in an attribute": edited(_xsw12, *_ANY_FORM),
    "the signed assertion as advice": edited(_advice, *_ANY_FORM),
    "an assertion as advice of the signed one": edited(_advising, *_ANY_FORM),
    "the assertion's signature moved to the response": edited(
        _moved_signature, *_ANY_FORM
    ),
    "the signature twice": edited(_twice_signed, *_ANY_FORM),
    "a stolen assertion that names no request": bent("in_response_to", irt=""),
    "a stolen assertion of another request": bent(
        "invalid", irt=' InResponseTo="_stolen"'
    ),
}


# --- What a signature may be

_TRANSFORM = f'<ds:Transform xmlns:ds="{DS}" Algorithm='
_XSLT = (
    f'{_TRANSFORM}"http://www.w3.org/TR/1999/REC-xslt-19991116">'
    '<x:stylesheet xmlns:x="http://www.w3.org/1999/XSL/Transform" version="1.0">'
    '<x:template match="/"><x:for-each select="//*"><x:for-each select="//*">'
    '<x:value-of select="."/></x:for-each></x:for-each></x:template></x:stylesheet>'
    "</ds:Transform>"
)
_XPATH = (
    f'{_TRANSFORM}"http://www.w3.org/TR/1999/REC-xpath-19991116">'
    "<ds:XPath>count(//*//*//*) &gt; 0</ds:XPath></ds:Transform>"
)
_XPATH2 = (
    f'{_TRANSFORM}"http://www.w3.org/2002/06/xmldsig-filter2">'
    '<f:XPath xmlns:f="http://www.w3.org/2002/06/xmldsig-filter2" Filter="union">'
    "//*</f:XPath></ds:Transform>"
)
_BASE64 = f'{_TRANSFORM}"{DS}base64"/>'


def _transformed(inner: str) -> Attack:
    return Attack(
        make=lambda scene: with_transform(scene.answer(), inner),
        codes=frozenset({"signature_form"}),
    )


def _in_signed_info(change: Callable[[Any], None], *codes: str) -> Attack:
    def edit(root: Any, _scene: Scene) -> None:
        change(next(root.iter(f"{{{DS}}}SignedInfo")))

    return edited(edit, *codes)


def _second_reference(info: Any) -> None:
    extra = etree.fromstring(etree.tostring(info.find(f"{{{DS}}}Reference")))
    extra.set("URI", "http://127.0.0.1:9/")
    info.append(extra)


def _outside_reference(info: Any) -> None:
    info.find(f"{{{DS}}}Reference").set("URI", "http://127.0.0.1:9/")


def _pointer_reference(info: Any) -> None:
    info.find(f"{{{DS}}}Reference").set("URI", "#xpointer(/)")


def _no_reference_uri(info: Any) -> None:
    del info.find(f"{{{DS}}}Reference").attrib["URI"]


def _many_transforms(info: Any) -> None:
    chain = next(info.iter(f"{{{DS}}}Transforms"))
    for _ in range(500):
        chain.append(etree.fromstring(etree.tostring(chain[1])))


def _nameless_transform(info: Any) -> None:
    del next(info.iter(f"{{{DS}}}Transform")).attrib["Algorithm"]


def _second_digest(info: Any) -> None:
    digest = next(info.iter(f"{{{DS}}}DigestValue"))
    digest.addnext(etree.fromstring(etree.tostring(digest)))


def _retrieval(root: Any, _scene: Scene) -> None:
    signature = next(root.iter(_SIGNATURE))
    info = etree.SubElement(signature, f"{{{DS}}}KeyInfo")
    etree.SubElement(
        info,
        f"{{{DS}}}RetrievalMethod",
        URI="http://127.0.0.1:9/",
        Type=f"{DS}X509Data",
    )


def _manifest(root: Any, _scene: Scene) -> None:
    signature = next(root.iter(_SIGNATURE))
    holder = etree.SubElement(signature, f"{{{DS}}}Object")
    etree.SubElement(holder, f"{{{DS}}}Manifest")


def _hmac(scene: Scene) -> bytes:
    """Signed with our trusted certificate's text as a secret, as if it were one."""
    root = scene.tree(signing={"assertion": False})
    assertion = assertion_of(root)
    template = xmlsec.template.create(assertion, _T.EXCL_C14N, _T.HMAC_SHA256, ns="ds")
    assertion.insert(1, template)
    reference = xmlsec.template.add_reference(
        template, _T.SHA256, uri=f"#{assertion.get('ID')}"
    )
    xmlsec.template.add_transform(reference, _T.ENVELOPED)
    xmlsec.template.add_transform(reference, _T.EXCL_C14N)
    xmlsec.tree.add_ids(root, ["ID"])
    context = xmlsec.SignatureContext()
    secret = certificates.pem(scene.provider.pair.certificate).encode()
    context.key = xmlsec.Key.from_binary_data(xmlsec.KeyData.HMAC, secret)
    context.sign(template)
    return etree.tostring(root)


def _own_key(scene: Scene) -> bytes:
    """Signed by a stranger who names their own certificate in the signature."""
    stranger = Provider(entity_id=scene.provider.entity_id, key_name="stranger")
    root = Scene(provider=stranger, asked=scene.asked).tree()
    signature = next(root.iter(_SIGNATURE))
    info = etree.SubElement(signature, f"{{{DS}}}KeyInfo")
    data = etree.SubElement(info, f"{{{DS}}}X509Data")
    found = etree.SubElement(data, f"{{{DS}}}X509Certificate")
    found.text = stranger.pair.certificate
    return etree.tostring(root)


def _key_value(scene: Scene) -> bytes:
    stranger = Provider(entity_id=scene.provider.entity_id, key_name="stranger")
    return Scene(provider=stranger, asked=scene.asked).answer()


def _made(make: Make, *codes: str) -> Attack:
    return Attack(make=make, codes=frozenset(codes))


_NO_ALGORITHM = ("signature_algorithm",)
SIGNED = {
    "unsigned": bent("unsigned", signing={"assertion": False}),
    "rsa with sha-1": bent(*_NO_ALGORITHM, signing={"method": _T.RSA_SHA1}),
    "rsa with md5": replaced("#rsa-sha256", "#rsa-md5", *_NO_ALGORITHM),
    "rsa with ripemd": replaced("#rsa-sha256", "#rsa-ripemd160", *_NO_ALGORITHM),
    "rsa with sha-224": replaced("#rsa-sha256", "#rsa-sha224", *_NO_ALGORITHM),
    "hmac by name": replaced("#rsa-sha256", "#hmac-sha256", *_NO_ALGORITHM),
    "hmac with the public key as its secret": _made(_hmac, *_NO_ALGORITHM),
    "no algorithm": replaced(
        'Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"',
        "",
        *_NO_ALGORITHM,
    ),
    "digest of sha-1": bent(*_NO_ALGORITHM, signing={"digest": _T.SHA1}),
    "digest of md5": bent(*_NO_ALGORITHM, signing={"digest": _T.MD5}),
    "digest of sha-224": bent(*_NO_ALGORITHM, signing={"digest": _T.SHA224}),
    "reference to the whole document": bent("signature_form", signing={"uri": ""}),
    "a reference to elsewhere": _in_signed_info(_outside_reference, "signature_form"),
    "a reference by xpointer": _in_signed_info(_pointer_reference, "signature_form"),
    "a reference to nothing": _in_signed_info(_no_reference_uri, "signature_form"),
    "a second reference": _in_signed_info(_second_reference, "signature_form"),
    "a second digest": _in_signed_info(_second_digest, "signature_form"),
    "a transform without a name": _in_signed_info(
        _nameless_transform, "signature_form"
    ),
    "five hundred transforms": _in_signed_info(_many_transforms, "signature_form"),
    "xslt": _transformed(_XSLT),
    "xpath": _transformed(_XPATH),
    "xpath filter 2": _transformed(_XPATH2),
    "base64 transform": _transformed(_BASE64),
    "canonicalization with comments": bent(
        "signature_form", signing={"transforms": (_T.EXCL_C14N_COMMENTS,)}
    ),
    "inclusive canonicalization": bent(
        "signature_form", signing={"transforms": (_T.ENVELOPED, _T.C14N)}
    ),
    "inclusive canonicalization of the signature": replaced(
        'CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"',
        "CanonicalizationMethod Algorithm="
        '"http://www.w3.org/TR/2001/REC-xml-c14n-20010315"',
        *_NO_ALGORITHM,
    ),
    "a key by retrieval": edited(_retrieval, "signature_form"),
    "a manifest": edited(_manifest, "signature_form"),
    "another key": _made(_key_value, "signature_wrong"),
    "another key that the signature names": _made(_own_key, "signature_wrong"),
    "a changed value": replaced("mara-1", "mara-2", "signature_wrong"),
    "an empty signature": edited(
        lambda root, _: next(root.iter(f"{{{DS}}}SignatureValue")).clear(),
        "signature_wrong",
        "invalid",
    ),
    "a signature of another id": edited(
        lambda root, _: assertion_of(root).set("ID", "_other"), "signature_form"
    ),
    "a signed element without id": edited(
        lambda root, _: assertion_of(root).attrib.pop("ID") and None, "signature_form"
    ),
}


# --- The text of a name: what is signed is what is read


def _named(written: str, *codes: str) -> Attack:
    return replaced("mara-1.evil", written, *codes, name_id="mara-1.evil")


# Each reads as "mara-1.evil" to the signature, and as another name to a careless eye.
HIDDEN_TEXT = {
    "a comment in the name": "mara-1<!--x-->.evil",
    "an instruction in the name": "mara-1<?x y?>.evil",
    "cdata in the name": "mara-1<![CDATA[.evil]]>",
    "all of the name in cdata": "<![CDATA[mara-1.evil]]>",
    "character references in the name": "mara-1&#46;evil",
}
NAMED = {
    "an element in the name": _named("mara-1<b/>.evil", "invalid", "signature_wrong"),
    "an instruction before the name": _named(
        "<?x y?>mara-1", "invalid", "signature_wrong"
    ),
    "an empty name": bent("name_id", name_id=""),
    "a blank name": bent("name_id", name_id="   "),
    "a name of 256 characters": bent("too_long", name_id="x" * 256),
    "a name with a control character": bent("name_id", name_id="mara&#9;1"),
    "a name with a direction override": bent("name_id", name_id="mara\u202e1"),
    "a transient name": bent(
        "name_id_transient",
        name_id_format=PERSISTENT.replace("persistent", "transient"),
    ),
    "a qualifier of another portal": bent(
        "name_id", qualifier=' SPNameQualifier="https://other.example/"'
    ),
    "an empty qualifier": bent("name_id", qualifier=' SPNameQualifier=""'),
    "a second subject": edited(
        lambda root, _: (
            assertion_of(root)
            .find(f"{{{SAML}}}Subject")
            .addnext(
                etree.fromstring(
                    etree.tostring(assertion_of(root).find(f"{{{SAML}}}Subject"))
                )
            )
        ),
        "invalid",
        "subject",
    ),
}


# --- For whom, in answer to what, and when


def _ends(minutes: float) -> str:
    return f' NotOnOrAfter="{text(NOON + timedelta(minutes=minutes))}"'


ADDRESSED = {
    "another issuer": bent("issuer", issuer="https://other.example/"),
    "our entity id as issuer": bent("issuer", issuer="{entity}"),
    "an issuer with a space": bent("issuer", issuer="https://idp.example/halden "),
    "an issuer in capitals": bent("issuer", issuer="https://IDP.example/halden"),
    "no audience": bent("audience", audience=""),
    "an empty audience": bent("audience", audience=audience("")),
    "another audience": bent("audience", audience=audience("https://other.example/")),
    "an audience that begins with ours": bent(
        "audience", audience=audience("{entity}evil")
    ),
    "our audience without its slash": bent(
        "audience",
        audience=audience("http://127.0.0.1:8000/accounts/saml/halden-instruments"),
    ),
    "one audience restriction of two is another": bent(
        "audience", audience=audience("{entity}") + audience("https://other.example/")
    ),
    "no recipient": bent("recipient", recipient=""),
    "an empty recipient": bent("recipient", recipient=' Recipient=""'),
    "a recipient that contains ours": bent(
        "recipient", recipient=' Recipient="https://evil.example/?x={acs}"'
    ),
    "a recipient that begins with ours": bent(
        "recipient", recipient=' Recipient="{acs}?x=1"'
    ),
    "another recipient": bent(
        "recipient", "invalid", recipient=' Recipient="https://evil.example/"'
    ),
    "no destination": bent("destination", destination=""),
    "an empty destination": bent("destination", destination=' Destination=""'),
    "a destination that begins with ours": bent(
        "destination", destination=' Destination="{acs}evil"'
    ),
    "a destination with a query": bent(
        "destination", destination=' Destination="{acs}?a=b"'
    ),
    "a destination in capitals": bent(
        "destination", destination=' Destination="HTTP://127.0.0.1:8000/"'
    ),
    "another destination": bent(
        "destination", destination=' Destination="https://evil.example/"'
    ),
    "the confirmation names no request": bent("in_response_to", irt=""),
    "the confirmation names an empty request": bent(
        "in_response_to", "invalid", irt=' InResponseTo=""'
    ),
    "the response names no request": bent("in_response_to", response_irt=""),
    "nobody was asked": bent("unsolicited", irt="", response_irt=""),
    "response and confirmation name different requests": bent(
        "invalid", irt=' InResponseTo="_other"'
    ),
    "both name a request that was never made": bent(
        "other_browser", irt=' InResponseTo="_x"', response_irt=' InResponseTo="_x"'
    ),
    "no end of the confirmation": bent("no_end", ends=""),
    "the confirmation has ended": bent("invalid", ends=_ends(-1)),
    "the confirmation ends now": bent("invalid", ends=_ends(0)),
    "valid for two days": bent("lives_too_long", ends=_ends(2880)),
    "a NotBefore in the confirmation": bent(
        "not_before", scd_begins=f' NotBefore="{text(NOON)}"'
    ),
    "the conditions have ended": bent("expired", until=text(_LATE)),
    "the conditions ended two minutes ago": bent(
        "expired", until=text(NOON - timedelta(minutes=2))
    ),
    "the conditions begin later": bent("not_yet", begins=text(_SOON)),
    "issued in two minutes": bent("not_yet", issued=text(NOON + timedelta(minutes=2))),
    "a time that is none": bent("invalid", until="yesterday"),
    "the first day of all, seen from the east": bent(
        "invalid", until="0001-01-01T00:00:00+14:00"
    ),
    "issued on the last day of all, seen from the west": bent(
        "invalid", issued="9999-12-31T23:59:59-14:00"
    ),
    "the same for another audience": bent(
        "audience",
        issued="9999-12-31T23:59:59-14:00",
        audience=audience("https://other.example/"),
    ),
    "the same by nobody": bent(
        "audience",
        issued="9999-12-31T23:59:59-14:00",
        audience=audience("https://other.example/"),
        signing={"assertion": False},
    ),
    "a time of the year 99999": bent("invalid", until="99999-01-01T00:00:00Z"),
    "not a bearer confirmation": bent(
        "invalid", method="urn:oasis:names:tc:SAML:2.0:cm:sender-vouches"
    ),
    "holder of key": bent(
        "invalid", method="urn:oasis:names:tc:SAML:2.0:cm:holder-of-key"
    ),
    "an unknown condition": bent(
        "conditions",
        "invalid",
        extra_condition="<saml:Condition xmlns:xsi="
        '"http://www.w3.org/2001/XMLSchema-instance" xsi:type="x:y" xmlns:x="urn:x"/>',
    ),
    "the session has ended already": bent(
        "expired", session_ends=f' SessionNotOnOrAfter="{text(_LATE)}"'
    ),
    "status of the responder": bent("idp_refused", status="Responder"),
    "no assertion": bent("invalid", assertion="", signing={"assertion": False}),
    "another version": replaced('Version="2.0"', 'Version="1.1"', "invalid"),
    "no id of the response": edited(
        lambda root, _: root.attrib.pop("ID") and None, "invalid"
    ),
    "the same id twice": bent(
        "duplicate_id", response_id="_same", assertion_id="_same"
    ),
    "an id under another spelling": edited(
        lambda root, _: root.find(f"{{{SAML}}}Issuer").set("Id", root.get("ID")),
        "duplicate_id",
        "invalid",
    ),
    "an id of 300 characters": bent("too_long", assertion_id="_" + "x" * 300),
    "an unknown element": edited(
        lambda root, _: root.append(etree.Element("{urn:x}y")), "invalid"
    ),
}


# --- Whom it may name

PEOPLE = {
    "an address of 300 characters": bent(
        "too_long", attributes=attributes(email=f"{'m' * 300}@halden.example")
    ),
    "no address": bent("address_missing", attributes=""),
    "an address with two @": bent(
        "address_form",
        attributes=attributes(email="mara@halden.example@halden.example"),
    ),
    "a quoted address": bent(
        "address_form", attributes=attributes(email='"mara lindqvist"@halden.example')
    ),
    "a look-alike letter": bent(
        "address_form",
        attributes=attributes(email="m\u0430ra.lindqvist@halden.example"),
    ),
    "an address outside the proven domains": bent(
        "domain_not_proven", attributes=attributes(email="mara@lindqvist.example")
    ),
    "a subdomain of the proven domain": bent(
        "domain_not_proven", attributes=attributes(email="mara@labs.halden.example")
    ),
    "a domain that ends with the proven one": bent(
        "domain_not_proven", attributes=attributes(email="mara@evilhalden.example")
    ),
    "nobody we know": bent(
        "not_a_member", attributes=attributes(email="new.person@halden.example")
    ),
}

ATTACKS: dict[str, Attack] = WRAPPED | SIGNED | NAMED | ADDRESSED | PEOPLE

# Good answers that look unusual, each the control of an attack above.
ALLOWED: dict[str, Make] = {
    "as usual": lambda scene: scene.answer(),
    "two audiences, one of them ours": lambda scene: scene.answer(
        audience=audience("https://other.example/", "{entity}")
    ),
    "for one use": lambda scene: scene.answer(extra_condition="<saml:OneTimeUse/>"),
    "not to be passed on": lambda scene: scene.answer(
        extra_condition="<saml:ProxyRestriction/>"
    ),
    "our own qualifier": lambda scene: scene.answer(
        qualifier=' SPNameQualifier="{entity}"'
    ),
    "sha-512 all through": lambda scene: scene.answer(
        signing={"method": _T.RSA_SHA512, "digest": _T.SHA512}
    ),
    "without the name of a canonicalization": lambda scene: scene.answer(
        signing={"transforms": (_T.ENVELOPED,)}
    ),
    "spaces around the name": lambda scene: scene.answer(name_id=" mara-1 "),
    "sixty seconds ahead": lambda scene: scene.provider.answer(
        scene.asked, at=NOON + timedelta(seconds=60)
    ),
    "conditions that never end": lambda scene: scene.answer(
        until="9999-12-31T23:59:59Z"
    ),
    "an attribute twice": lambda scene: scene.answer(
        attributes=attributes(email=MARA).replace(
            "</saml:AttributeStatement>",
            '<saml:Attribute Name="Role"><saml:AttributeValue>a</saml:AttributeValue>'
            "</saml:Attribute>" * 2 + "</saml:AttributeStatement>",
        )
    ),
}


def can_be_hidden(document: bytes) -> bool:
    """Whether it has an assertion in its place, and no signature around that."""
    root = etree.fromstring(document)
    return assertion_of(root) is not None and root.find(_SIGNATURE) is None
