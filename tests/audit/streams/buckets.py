"""A bucket on a server that tests start, kill and start again."""

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from audit.streams.kinds import Kind
from tests.audit.streams import s3_server
from tests.audit.streams.processes import Process
from tests.audit.streams.s3_server import BUCKET

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(kw_only=True)
class Bucket(Process):
    """A server with one bucket."""

    kind = Kind.S3

    @contextmanager
    def running(self) -> Iterator["Bucket"]:
        with super().running():
            yield self
        self.client.close()

    @property
    def command(self) -> list[str]:
        return self.python("s3_server")

    @property
    def settings(self) -> dict[str, str]:
        return {
            "url": self.url,
            "region": "eu-central-1",
            "bucket": BUCKET,
            "prefix": "custos/log",
            "key_id": s3_server.KEY_ID,
            "secret_key": s3_server.SECRET_KEY,
            "authority": self.authority.pem,
        }

    @cached_property
    def client(self) -> "S3Client":
        return boto3.client(
            "s3",
            endpoint_url=self.settings["url"],
            region_name="eu-central-1",
            aws_access_key_id=s3_server.KEY_ID,
            aws_secret_access_key=s3_server.SECRET_KEY,
            verify=str(self.authority.certificate),
            config=Config(
                s3={"addressing_style": "path"},
                request_checksum_calculation="when_required",
            ),
        )

    def objects(self) -> dict[str, list[Any]]:
        """The lines of every object, by its name, in the order of names."""
        found = {}
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
        for one in (one for page in pages for one in page.get("Contents", [])):
            stored = self.client.get_object(Bucket=BUCKET, Key=one["Key"])["Body"]
            with closing(stored):
                lines = stored.read().splitlines()
            found[one["Key"]] = [json.loads(line) for line in lines]
        return found

    def places(self) -> list[tuple[int, int]]:
        """The entries of all objects, in the order of their names."""
        logs = [line["log"] for one in self.objects().values() for line in one[:-1]]
        return [(told["epoch"], told["index"]) for told in logs]

    def arrived(self) -> list[tuple[int, int]]:
        told = [json.loads(one) for _, body in self.puts() for one in body.splitlines()]
        logs = [one["log"] for one in told if "checkpoint" not in one]
        return [(log["epoch"], log["index"]) for log in logs]

    def puts(self) -> list[tuple[str, bytes]]:
        """Every object that was put, name and bytes, as often as it was."""
        return [(path, body) for path, _, body in s3_server.stored(self.journal)]
