"""Sign-out messages of an identity provider, every value of which can be bent."""

import base64
import zlib
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, unquote, urlencode
from uuid import uuid4

import xmlsec
from lxml import etree

from kit.certificates import KeyPair
from tests.workspaces.signin.provider import PERSISTENT, Provider, signed, text

SAMLP = "urn:oasis:names:tc:SAML:2.0:protocol"
SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
SLO_URL = "https://idp.example/halden/slo"
_REQUEST = """<samlp:LogoutRequest xmlns:samlp="{samlp}" xmlns:saml="{saml}" ID="{id}"
 Version="2.0" IssueInstant="{issued}"{destination}{ends}>
<saml:Issuer>{issuer}</saml:Issuer>
<saml:NameID Format="{format}"{qualifier}>{name_id}</saml:NameID>{indexes}
</samlp:LogoutRequest>"""
_RESPONSE = """<samlp:LogoutResponse xmlns:samlp="{samlp}" xmlns:saml="{saml}" ID="{id}"
 Version="2.0" IssueInstant="{issued}"{destination}{irt}>
<saml:Issuer>{issuer}</saml:Issuer>
<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:{status}"/>
</samlp:Status></samlp:LogoutResponse>"""
_ALGORITHMS = {
    RSA_SHA256: xmlsec.Transform.RSA_SHA256,
    RSA_SHA256.replace("256", "512"): xmlsec.Transform.RSA_SHA512,
    "http://www.w3.org/2000/09/xmldsig#rsa-sha1": xmlsec.Transform.RSA_SHA1,
}


def request(provider: Provider, sls_url: str, *, at: datetime, **bent: Any) -> bytes:
    """A LogoutRequest, unsigned yet."""
    return _filled(_REQUEST, provider, sls_url, at, bent)


def response(provider: Provider, sls_url: str, *, at: datetime, **bent: Any) -> bytes:
    """A LogoutResponse, unsigned yet."""
    return _filled(_RESPONSE, provider, sls_url, at, bent)


def _filled(
    template: str, provider: Provider, sls_url: str, at: datetime, bent: dict[str, Any]
) -> bytes:
    values = {
        "samlp": SAMLP,
        "saml": SAML,
        "id": f"_{uuid4().hex}",
        "issued": text(at),
        "issuer": provider.entity_id,
        "destination": f' Destination="{sls_url}"',
        "ends": f' NotOnOrAfter="{text(at + timedelta(minutes=5))}"',
        "format": PERSISTENT,
        "qualifier": "",
        "name_id": "mara-1",
        "indexes": "",
        "irt": "",
        "status": "Success",
    }
    return template.format(**values | bent).encode()


def index(*names: str) -> str:
    """SessionIndex elements."""
    return "".join(f"<samlp:SessionIndex>{n}</samlp:SessionIndex>" for n in names)


def packed(document: bytes) -> str:
    """Deflated, in base64."""
    packer = zlib.compressobj(wbits=-15)
    return base64.b64encode(packer.compress(document) + packer.flush()).decode()


def query(
    document: bytes,
    pair: KeyPair | None,
    *,
    name: str = "SAMLRequest",
    relay_state: str = "",
    algorithm: str = RSA_SHA256,
) -> str:
    """The query of the Redirect binding, signed over its octets."""
    fields = {name: packed(document)}
    if relay_state:
        fields["RelayState"] = relay_state
    plain = urlencode(fields)
    if pair is None:
        return plain
    plain += f"&SigAlg={quote(algorithm, safe='')}"
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(pair.private_pem, xmlsec.KeyFormat.PEM, None)
    signature = context.sign_binary(plain.encode(), _ALGORITHMS[algorithm])
    return f"{plain}&Signature={quote(base64.b64encode(signature).decode(), safe='')}"


def form(document: bytes, pair: KeyPair | None, *, name: str = "SAMLRequest") -> str:
    """The form of the POST binding, signed inside."""
    whole = signed(document, pair) if pair else document
    return urlencode({name: base64.b64encode(whole).decode()})


def answered(url: str) -> tuple[Any, dict[str, str]]:
    """The message and the raw fields of an address that we send a browser to."""
    fields = dict(part.split("=", 1) for part in url.partition("?")[2].split("&"))
    name = "SAMLResponse" if "SAMLResponse" in fields else "SAMLRequest"
    data = base64.b64decode(unquote(fields[name]))
    return etree.fromstring(zlib.decompress(data, wbits=-15)), fields


def is_signed_by(fields: dict[str, str], pem_certificate: str) -> bool:
    """Whether the signature of those fields is the certificate's."""
    name = "SAMLResponse" if "SAMLResponse" in fields else "SAMLRequest"
    names = [one for one in (name, "RelayState", "SigAlg") if one in fields]
    octets = "&".join(f"{one}={fields[one]}" for one in names).encode()
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(
        pem_certificate, xmlsec.KeyFormat.CERT_PEM, None
    )
    try:
        context.verify_binary(
            octets,
            xmlsec.Transform.RSA_SHA256,
            base64.b64decode(unquote(fields["Signature"])),
        )
    except xmlsec.Error:
        return False
    return True
