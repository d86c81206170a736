"""A bucket on a server that tests start, kill and start again."""

import json
import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from tests.audit.streams import s3_server
from tests.audit.streams.conftest import Authority
from tests.harness import servers

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

NAME = "halden-audit"


@dataclass(kw_only=True)
class Bucket:
    """A server with one bucket, that can be killed and started again."""

    authority: Authority
    folder: Path
    port: int

    @contextmanager
    def running(self) -> Iterator["Bucket"]:
        command = [sys.executable, "-m", "tests.audit.streams.s3_server"]
        files = (self.authority.certificate, self.authority.key, self.journal)
        with servers.running(
            [*command, str(self.port), *map(str, files)],
            log=self.folder / "server.log",
            environment=os.environ,
            is_ready=self._answers,
            stop_with=signal.SIGKILL,
        ):
            yield self
            self.client.close()

    @property
    def journal(self) -> Path:
        return self.folder / "journal"

    @property
    def settings(self) -> dict[str, str]:
        return {
            "url": f"https://localhost:{self.port}",
            "region": "eu-central-1",
            "bucket": NAME,
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

    def make_bucket(self) -> None:
        self.client.create_bucket(
            Bucket=NAME,
            CreateBucketConfiguration={"LocationConstraint": "eu-central-1"},
        )

    def objects(self) -> dict[str, list[Any]]:
        """The lines of every object, by its name, in the order of names."""
        found = {}
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=NAME)
        for one in (one for page in pages for one in page.get("Contents", [])):
            stored = self.client.get_object(Bucket=NAME, Key=one["Key"])["Body"]
            with closing(stored):
                lines = stored.read().splitlines()
            found[one["Key"]] = [json.loads(line) for line in lines]
        return found

    def places(self) -> list[tuple[int, int]]:
        """The entries of all objects, in the order of their names."""
        logs = [line["log"] for one in self.objects().values() for line in one[:-1]]
        return [(told["epoch"], told["index"]) for told in logs]

    def puts(self) -> list[tuple[str, bytes]]:
        """Every object that was put, name and bytes, as often as it was."""
        found = s3_server.stored(self.journal)
        return [(path, body) for path, _, body in found if path.count("/") > 1]

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


def chosen(authority: Authority, folder: Path) -> Bucket:
    """A server that is not started yet, on a port that is free now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return Bucket(authority=authority, folder=folder, port=free.getsockname()[1])
