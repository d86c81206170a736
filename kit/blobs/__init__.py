"""Keeps sealed files outside the database, in a folder or in S3.

A store knows neither content nor names: an id is a random UUID, the bytes are sealed
by the caller (`kit.sealed_streams`). The row that names a blob is written after the
blob; a blob that is doomed is deleted after the row.
"""

from kit.blobs.configured import store
from kit.blobs.contract import BlobMissing, BlobStore
from kit.blobs.folder import LocalFolder
from kit.blobs.s3 import S3Bucket

__all__ = ["BlobMissing", "BlobStore", "LocalFolder", "S3Bucket", "store"]
