"""A bucket with versions keeps none of a deleted blob."""

from datetime import timedelta
from uuid import UUID

import boto3
import pytest

from kit.blobs import S3Bucket

ID = UUID("0123456789abcdef0123456789abcdef")


def versions(bucket: str) -> int:
    found = boto3.client("s3").list_object_versions(Bucket=bucket)
    return len(found.get("Versions", [])) + len(found.get("DeleteMarkers", []))


def test_deleting_removes_every_version_and_marker(bucket: str) -> None:
    client = boto3.client("s3")
    client.put_bucket_versioning(
        Bucket=bucket, VersioningConfiguration={"Status": "Enabled"}
    )
    blobs = S3Bucket(bucket=bucket)
    blobs.put(ID, [b"first"])
    blobs.put(ID, [b"second"])
    client.delete_object(Bucket=bucket, Key=f"{ID}.blob")
    assert versions(bucket) == 3

    blobs.delete(ID)

    assert versions(bucket) == 0


def test_deleting_spares_objects_of_a_longer_name(bucket: str) -> None:
    client = boto3.client("s3")
    client.put_object(Bucket=bucket, Key=f"{ID}.blob.note", Body=b"not ours")
    blobs = S3Bucket(bucket=bucket)
    blobs.put(ID, [b"text"])

    blobs.delete(ID)

    assert versions(bucket) == 1
    assert list(blobs.ids()) == []


def test_a_locked_version_fails_loudly(bucket: str) -> None:
    client = boto3.client("s3")
    locked = f"{bucket}-locked"
    client.create_bucket(Bucket=locked, ObjectLockEnabledForBucket=True)
    blobs = S3Bucket(bucket=locked)
    blobs.put(ID, [b"text"])
    client.put_object_legal_hold(
        Bucket=locked, Key=f"{ID}.blob", LegalHold={"Status": "ON"}
    )

    with pytest.raises(PermissionError, match="AccessDenied"):
        blobs.delete(ID)

    assert blobs.exists(ID)


def test_an_upload_that_was_never_ended_goes_once_it_is_old(bucket: str) -> None:
    client = boto3.client("s3")
    for name in (f"custos/{ID}.blob", "another/file"):
        client.create_multipart_upload(Bucket=bucket, Key=name)
    blobs = S3Bucket(bucket=bucket, prefix="custos/")

    # The server of these tests says of every upload that it began in 2010.
    assert blobs.forget_unfinished(older_than=timedelta(days=36_500)) == 0
    assert blobs.forget_unfinished(older_than=timedelta(days=1)) == 1

    left = client.list_multipart_uploads(Bucket=bucket)["Uploads"]
    assert [one["Key"] for one in left] == ["another/file"]
