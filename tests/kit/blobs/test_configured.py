"""One setting chooses where blobs are kept."""

from pathlib import Path
from uuid import uuid4

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from kit import blobs


def test_a_file_url_keeps_blobs_in_a_folder(tmp_path: Path, settings: Settings) -> None:
    settings.CUSTOS_BLOB_URL = (tmp_path / "my blobs").as_uri()

    blobs.store().put(uuid4(), [b"text"])

    assert (tmp_path / "my blobs").is_dir()


def test_an_s3_url_keeps_blobs_below_its_prefix(
    bucket: str, settings: Settings
) -> None:
    settings.CUSTOS_BLOB_URL = f"s3://{bucket}/custos"
    blob = uuid4()

    blobs.store().put(blob, [b"text"])

    assert list(blobs.S3Bucket(bucket=bucket, prefix="custos/").ids()) == [blob]


@pytest.mark.parametrize("url", ["", "/srv/blobs", "file://host/x", "s3://", "ftp://x"])
def test_another_url_is_refused(url: str, settings: Settings) -> None:
    settings.CUSTOS_BLOB_URL = url

    with pytest.raises(ImproperlyConfigured, match="CUSTOS_BLOB_URL"):
        blobs.store()
