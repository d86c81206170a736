"""Keeps blobs in an S3 bucket."""

import contextlib
import io
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError

from kit.blobs.contract import BlobMissing

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ObjectIdentifierTypeDef

_PIECE_BYTES = 65_536
_SUFFIX = ".blob"
# One part at a time: memory stays at a few parts whatever the file's size.
_TRANSFER = TransferConfig(multipart_chunksize=8 * 1024 * 1024, use_threads=False)
_CONFIG = Config(
    connect_timeout=5, read_timeout=30, retries={"mode": "standard", "max_attempts": 3}
)


class S3Bucket:
    """Blobs as objects `<prefix><uuid>.blob`; credentials and endpoint come from AWS_*.

    Deleting removes every version, since a bucket with versioning would keep them;
    the role therefore needs ListBucketVersions and DeleteObjectVersion. An Object
    Lock on a version makes the deletion fail, loudly. A lifecycle rule of the bucket
    should abort incomplete multipart uploads after a day.
    """

    def __init__(self, *, bucket: str, prefix: str = "") -> None:
        self._bucket = bucket
        self._prefix = prefix
        self._client: S3Client = boto3.client("s3", config=_CONFIG)

    def put(self, blob: UUID, chunks: Iterable[bytes]) -> int:
        """See BlobStore."""
        source = _Source(chunks)
        # Buffered, since a raw read may be short and S3 refuses short parts.
        self._client.upload_fileobj(
            io.BufferedReader(source), self._bucket, self._key(blob), Config=_TRANSFER
        )
        return source.size

    def open(self, blob: UUID) -> Iterator[bytes]:
        """See BlobStore."""
        try:
            found = self._client.get_object(Bucket=self._bucket, Key=self._key(blob))
        except self._client.exceptions.NoSuchKey:
            raise BlobMissing from None
        return found["Body"].iter_chunks(_PIECE_BYTES)

    def delete(self, blob: UUID) -> None:
        """See BlobStore."""
        while versions := self._versions(self._key(blob)):
            outcome = self._client.delete_objects(
                Bucket=self._bucket, Delete={"Objects": versions, "Quiet": True}
            )
            for error in outcome.get("Errors", []):
                raise PermissionError(f"S3 refused a deletion: {error.get('Code')}.")

    def exists(self, blob: UUID) -> bool:
        """See BlobStore."""
        try:
            self._client.head_object(Bucket=self._bucket, Key=self._key(blob))
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
                return False
            raise
        return True

    def ids(self, *, starting: str = "") -> Iterator[UUID]:
        """See BlobStore."""
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=f"{self._prefix}{starting}"
        )
        for page in pages:
            for found in page.get("Contents", []):
                name = found["Key"].removeprefix(self._prefix)
                with contextlib.suppress(ValueError):
                    yield UUID(name.removesuffix(_SUFFIX))

    def forget_unfinished(self, *, older_than: timedelta) -> int:
        """See BlobStore."""
        before = datetime.now(UTC) - older_than
        pages = self._client.get_paginator("list_multipart_uploads").paginate(
            Bucket=self._bucket, Prefix=self._prefix
        )
        left = [
            one
            for page in pages
            for one in page.get("Uploads", [])
            if one["Initiated"] < before
        ]
        for one in left:
            self._client.abort_multipart_upload(
                Bucket=self._bucket, Key=one["Key"], UploadId=one["UploadId"]
            )
        return len(left)

    def _key(self, blob: UUID) -> str:
        if not isinstance(blob, UUID):
            raise TypeError("A blob id is a UUID.")
        return f"{self._prefix}{blob}{_SUFFIX}"

    def _versions(self, key: str) -> "list[ObjectIdentifierTypeDef]":
        found = self._client.list_object_versions(Bucket=self._bucket, Prefix=key)
        every = [*found.get("Versions", []), *found.get("DeleteMarkers", [])]
        return [
            {"Key": key, "VersionId": one["VersionId"]}
            for one in every
            if one["Key"] == key
        ]


class _Source(io.RawIOBase):
    """Chunks as the file that the upload reads from."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._rest = b""
        self.size = 0

    def readable(self) -> bool:
        """A source is for reading."""
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """Fill `buffer` with what is left of one chunk."""
        view = memoryview(buffer)
        while not self._rest:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._rest = chunk
        taken = self._rest[: len(view)]
        self._rest = self._rest[len(taken) :]
        view[: len(taken)] = taken
        self.size += len(taken)
        return len(taken)
