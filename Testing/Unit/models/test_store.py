"""Finding bundles, and taking them in from outside without trusting them."""

from __future__ import annotations

import stat
import zipfile
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import pytest

from GliomaRadiomicsLib.cli.main import main
from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.provenance import sha256_file
from GliomaRadiomicsLib.models import store

Make = Callable[..., Path]


def _zip(folder: Path, archive: Path, inside: str = "") -> Path:
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for path in folder.iterdir():
            file.write(path, inside + path.name)
    return archive


def test_starter_is_found_and_unknown_names_are_refused_with_the_known_ones() -> None:
    assert (store.starter("volumetric_grading") / "metadata.json").is_file()
    with pytest.raises(RefusedInput, match=r"no model of this name.*volumetric_grading"):
        store.starter("nonsense")
    with pytest.raises(RefusedInput, match="not a model name"):
        store.starter("../starter")


def test_the_users_bundle_comes_before_the_starter(make_bundle: Make, user_models: Path) -> None:
    starter = store.find("volumetric_grading")
    store.import_bundle(make_bundle("volumetric_grading"))
    assert store.find("volumetric_grading") == user_models / "volumetric_grading"
    listed = [model for model in store.list_models() if model.name == "volumetric_grading"]
    assert [(model.origin, model.system) for model in listed] == [
        ("user", "example_system"),
        ("starter", "volumetric_grading"),
    ]
    assert store.find(starter) == starter


@pytest.mark.parametrize("inside", ["", "example-1.2/"])
def test_import_of_a_zip_file(make_bundle: Make, user_models: Path, tmp_path: Path, inside: str) -> None:
    archive = _zip(make_bundle(), tmp_path / "example.zip", inside)
    assert store.import_bundle(archive) == user_models / "example"
    assert store.verify("example")["version"] == "1.2"
    assert store.info("example")["name"] == "example"
    assert [path.name for path in user_models.iterdir()] == ["example"]


def test_import_twice_needs_a_word(make_bundle: Make, user_models: Path) -> None:
    folder = make_bundle()
    store.import_bundle(folder)
    with pytest.raises(RefusedInput, match="named example is already there.*models import FILE --name NEW"):
        store.import_bundle(folder)
    store.import_bundle(folder, overwrite=True)


def test_a_second_bundle_of_a_name_comes_in_under_another(make_bundle: Make, user_models: Path) -> None:
    folder = make_bundle()
    assert main(["models", "import", str(folder)]) == 0
    assert main(["models", "import", str(folder), "--name", "other"]) == 0
    assert store.verify("other")["name"] == "other"
    assert (user_models / "other" / "README.md").read_text().startswith("# other\n")
    assert store.verify("example")["files"] == store.verify("other")["files"]
    with pytest.raises(RefusedInput, match="My Model"):
        store.import_bundle(folder, name="My Model")


def _symlink_member() -> zipfile.ZipInfo:
    member = zipfile.ZipInfo("link.json")
    member.external_attr = (stat.S_IFLNK | 0o777) << 16
    return member


@pytest.mark.parametrize(
    ("member", "message"),
    [
        ("../escaped.json", "out of the bundle"),
        ("/escaped.json", "out of the bundle"),
        ("a/../../escaped.json", "out of the bundle"),
        ("C:\\escaped.json", "out of the bundle"),
        ("weights.pkl", "not read from bundles"),
        ("extra.json", "does not list"),
        ("metadata.json", "stands twice"),
        (_symlink_member(), "link"),
    ],
    ids=str,
)
def test_unsafe_zip_files_are_refused(
    make_bundle: Make, user_models: Path, tmp_path: Path, member: str | zipfile.ZipInfo, message: str
) -> None:
    archive = _zip(make_bundle(), tmp_path / "example.zip")
    with (
        pytest.warns(UserWarning) if member == "metadata.json" else nullcontext(),
        zipfile.ZipFile(archive, "a") as file,
    ):
        file.writestr(member, "/etc/passwd")
    with pytest.raises(RefusedInput, match=message):
        store.import_bundle(archive)
    assert not list(user_models.iterdir())
    assert not list(tmp_path.rglob("escaped.json"))


def test_a_folder_with_a_link_is_refused(make_bundle: Make, user_models: Path, tmp_path: Path) -> None:
    folder = make_bundle()
    (tmp_path / "secret.txt").write_text("secret")
    (folder / "notes.txt").symlink_to(tmp_path / "secret.txt")
    with pytest.raises(RefusedInput, match="link"):
        store.import_bundle(folder)


def test_damaged_large_and_foreign_files_are_refused(make_bundle: Make, user_models: Path, tmp_path: Path) -> None:
    archive = _zip(make_bundle(), tmp_path / "example.zip")
    with pytest.raises(RefusedInput, match="too large"):
        store.import_bundle(archive, max_bytes=100)
    half = tmp_path / "half.zip"
    half.write_bytes(archive.read_bytes()[:200])
    with pytest.raises(RefusedInput, match="not a readable zip"):
        store.import_bundle(half)
    with pytest.raises(RefusedInput, match="no such file"):
        store.import_bundle(tmp_path / "absent.zip")
    (tmp_path / "empty").mkdir()
    with pytest.raises(RefusedInput, match=r"metadata\.json is missing"):
        store.import_bundle(tmp_path / "empty")


def test_exchanged_weights_are_not_imported(make_bundle: Make, user_models: Path, tmp_path: Path) -> None:
    folder = make_bundle()
    (folder / "weights.safetensors").write_bytes(b"other")
    with pytest.raises(RefusedInput, match="SHA-256"):
        store.import_bundle(_zip(folder, tmp_path / "example.zip"))
    assert not list(user_models.iterdir())


def test_download_of_a_bundle_and_of_weights(make_bundle: Make, user_models: Path, tmp_path: Path) -> None:
    archive = _zip(make_bundle(), tmp_path / "example.zip")
    assert store.download("example", archive.as_uri(), sha256_file(archive)) == user_models / "example"
    weights = user_models / "example" / "weights.safetensors"
    kept = store.download("backbone", weights.as_uri(), sha256_file(weights))
    assert kept == user_models / "weights" / "backbone.safetensors"
    with pytest.raises(RefusedInput, match="SHA-256"):
        store.download("other", weights.as_uri(), "0" * 64)
    assert {model.name for model in store.list_models() if model.origin == "user"} == {"example"}
