"""Chooses the blob store that the installation is configured with."""

from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from kit.blobs.contract import BlobStore
from kit.blobs.folder import LocalFolder
from kit.blobs.s3 import S3Bucket


def store() -> BlobStore:
    """The store of CUSTOS_BLOB_URL: `file:///folder` or `s3://bucket/prefix`."""
    return _store(settings.CUSTOS_BLOB_URL)


@lru_cache(maxsize=4)
def _store(url: str) -> BlobStore:
    parts = urlsplit(url)
    if parts.scheme == "file" and not parts.netloc:
        return LocalFolder(Path(unquote(parts.path)))
    if parts.scheme == "s3" and parts.netloc:
        prefix = parts.path.strip("/")
        return S3Bucket(bucket=parts.netloc, prefix=f"{prefix}/" if prefix else "")
    raise ImproperlyConfigured("CUSTOS_BLOB_URL must be file:///… or s3://bucket/….")
