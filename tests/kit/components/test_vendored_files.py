"""Vendored files are exactly what the manifest says, licenses beside them."""

import hashlib
import json
from pathlib import Path

import pytest
from django.conf import settings

VENDOR = Path(settings.BASE_DIR) / "config/static/vendor"
MANIFEST = json.loads((VENDOR / "manifest.json").read_text())
FILES = {
    entry["file"]: entry["sha512"]
    for package in MANIFEST["packages"]
    for entry in package["files"]
}


@pytest.mark.parametrize(("file", "sha512"), FILES.items(), ids=FILES.keys())
def test_file_has_the_hash_of_the_manifest(file: str, sha512: str) -> None:
    found = hashlib.sha512((VENDOR / file).read_bytes()).hexdigest()

    assert found == sha512


def test_nothing_lies_there_that_the_manifest_does_not_name() -> None:
    licenses = {package["license_text"] for package in MANIFEST["packages"]}
    present = {str(path.relative_to(VENDOR)) for path in VENDOR.rglob("*.*")}

    assert present - {"manifest.json"} == set(FILES)
    assert all((VENDOR / text).read_text() for text in licenses)


@pytest.mark.parametrize("package", MANIFEST["packages"], ids=lambda p: p["name"])
def test_package_names_version_and_license(package: dict[str, str]) -> None:
    assert package["version"].count(".") == 2
    assert package["license"] in {"MIT", "0BSD", "OFL-1.1"}


def test_no_file_points_at_a_source_map_that_is_not_there() -> None:
    scripts = [*VENDOR.rglob("*.css"), *VENDOR.rglob("*.js")]

    assert [path for path in scripts if "sourceMappingURL" in path.read_text()] == []
