"""JSON Lines in a bucket: one object for each block of the log that holds entries.

A block never changes, and its object has a name and bytes of its own. What is sent
twice, also by a replay, overwrites itself: at least once becomes exactly once. The last
line is the checkpoint that the log signed over the block. botocore signs; it has a
clock of its own, since S3 refuses what is not signed by the real time.
"""

import base64
import hashlib
import re
from urllib.parse import urlsplit, urlunsplit

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from django.utils.translation import gettext as _

from audit.explorer.selectors import Place
from audit.streams.batches import Batch
from audit.streams.destinations.contract import (
    NotDelivered,
    Settings,
    client,
    host_in,
    plain,
)
from audit.streams.kinds import DESTINATIONS, Kind
from kit.outbound import OutboundFailed, OutboundRefused, Response

_CODE = re.compile(rb"<Code>([A-Za-z]{1,64})</Code>")


def deliver(batch: Batch, settings: Settings) -> Place:
    """Puts a batch as one object."""
    url = _address(settings, _name(batch, settings.get("prefix", "")))
    body = "".join(f"{one.text}\n" for one in batch.events()).encode()
    try:
        answer = client(settings).put(
            url, body=body, headers=_signed(url, body, settings)
        )
    except (OutboundFailed, OutboundRefused) as error:
        raise NotDelivered(plain(error)) from None
    _demand_stored(answer, bucket=settings["bucket"])
    return batch.through


def _name(batch: Batch, prefix: str) -> str:
    """The name of the object; names sort as the log does."""
    folder = f"{prefix.rstrip('/')}/" if prefix else ""
    folder += f"{batch.log.uuid}/{batch.stream}"
    if batch.is_test:
        return f"{folder}/test.jsonl"
    epoch, last = batch.through
    return f"{folder}/{epoch:06d}/{batch.start[1] + 1:016d}-{last:016d}.jsonl"


def _address(settings: Settings, name: str) -> str:
    """Where the object lies; as the signature spells the host, so does the request.

    A name with dots fits no certificate of AWS as a host, and goes into the path.
    """
    bucket, endpoint = settings["bucket"], settings.get("url", "")
    if not endpoint:
        host = DESTINATIONS[Kind.S3].host.format_map(settings)
        if "." not in bucket:
            return f"https://{bucket}.{host}/{name}"
        endpoint = f"https://{host}"
    parts = urlsplit(endpoint)
    name_of_host = parts.hostname or ""
    host = f"[{name_of_host}]" if ":" in name_of_host else name_of_host
    port = f":{parts.port}" if parts.port not in (None, 443) else ""
    path = f"{parts.path.rstrip('/')}/{bucket}/{name}"
    return urlunsplit((parts.scheme, f"{host}{port}", path, "", ""))


def _signed(url: str, body: bytes, settings: Settings) -> dict[str, str]:
    """The headers of the request; buckets with Object Lock demand the checksum."""
    checksum = base64.b64encode(hashlib.sha256(body).digest()).decode()
    request = AWSRequest(
        method="PUT",
        url=url,
        data=body,
        headers={
            "Content-Type": "application/x-ndjson",
            "X-Amz-Checksum-Sha256": checksum,
        },
    )
    key = Credentials(settings["key_id"], settings["secret_key"])
    S3SigV4Auth(key, "s3", settings["region"]).add_auth(request)
    return dict(request.headers.items())


def _demand_stored(answer: Response, *, bucket: str) -> None:
    if answer.status == 200 and answer.headers.get("etag"):
        return
    found = _CODE.search(answer.body)
    code = found[1].decode() if found else ""
    words = _refusals()
    sentence = words.get(code) or words.get(answer.status) or words[0]
    told = {"host": host_in(answer), "bucket": bucket, "status": answer.status}
    raise NotDelivered(sentence % told)


def _refusals() -> dict[str | int, str]:
    """What S3's codes mean, then what a status means; 0 is for all others."""
    region = _(
        "The bucket “%(bucket)s” lies in another region (%(status)s)."
        " Enter the region of the bucket."
    )
    denied = _(
        "The access key may not write into the bucket “%(bucket)s” (%(status)s)."
        " Allow it s3:PutObject there."
    )
    absent = _(
        "%(host)s has no bucket “%(bucket)s” (%(status)s)."
        " Create it there, or check its name."
    )
    return {
        "NoSuchBucket": absent,
        "AccessDenied": denied,
        "InvalidAccessKeyId": _(
            "%(host)s does not know the access key for the bucket “%(bucket)s”"
            " (%(status)s). Enter its ID and secret again."
        ),
        "SignatureDoesNotMatch": _(
            "The secret does not belong to the access key for the bucket"
            " “%(bucket)s” (%(status)s). Enter both again."
        ),
        "RequestTimeTooSkewed": _(
            "The clock of Custos is not that of %(host)s (%(status)s), which holds"
            " the bucket “%(bucket)s”. Set the clock of Custos's server."
        ),
        "AuthorizationHeaderMalformed": region,
        "PermanentRedirect": region,
        "TemporaryRedirect": region,
        200: _(
            "%(host)s answered, but not as S3 confirms an object in the bucket"
            " “%(bucket)s”. Check the endpoint."
        ),
        301: region,
        307: region,
        401: denied,
        403: denied,
        404: absent,
        0: _("%(host)s answered with status %(status)s for the bucket “%(bucket)s”."),
    }
