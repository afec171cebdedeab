"""Engines: pinned, installed aside, looked at where they are."""

import json
import re
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from tests.served.quintain import until

from quintain.errors import Conflict, NotFound
from quintain.runs.engines import catalogue, install, pip
from quintain.runs.engines.installed import NOTE, Installed
from quintain.runs.engines.pip import NotMade
from quintain.runs.engines.table import ENGINES, engine_named

PINNED = [
    (engine, lite)
    for engine in ENGINES.values()
    if not engine.built_in
    for lite in (False, True)[: 1 + bool(engine.lite_megabytes)]
]


@pytest.mark.parametrize(
    ("engine", "lite"), PINNED, ids=lambda each: str(getattr(each, "name", each))
)
def test_every_package_of_an_engine_is_pinned_with_hashes_and_no_place(engine, lite):
    text = engine.pins(lite=lite)
    blocks = re.split(r"\n(?=\S)", text.strip())
    for block in blocks:
        assert re.match(r"[a-z0-9.\[\]-]+==\S+( ; .+)? \\\n", block), block
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", block), block
    assert "://" not in text
    assert not re.search("^-", text, re.MULTILINE)


def test_an_engines_own_version_is_the_one_that_is_pinned():
    names = {"inspect": "inspect-ai"}
    for engine, lite in PINNED:
        name = names.get(engine.name, engine.name)
        assert (
            re.search(rf"^{name}==(\S+)", engine.pins(lite=lite), re.MULTILINE)[1] == engine.version
        )


def test_an_unknown_engine_is_told_from_those_there_are():
    with pytest.raises(NotFound, match="core, garak"):
        engine_named("nessus")


# --- installing ------------------------------------------------------------------------------


class Pip:
    """Stands for pip: makes what was asked for, or fails in the middle."""

    def __init__(self, monkeypatch):
        self.calls, self.breaks = [], None
        monkeypatch.setattr(install, "make_environment", self.make)
        monkeypatch.setattr(install, "pip", self.run)
        monkeypatch.setattr(install, "write_catalogue", self.catalogue)

    def make(self, folder):
        (folder / "bin").mkdir(parents=True)
        (folder / "bin" / "python").symlink_to(sys.executable)

    def run(self, python, words, heard):
        self.calls.append(words)
        heard("tqdm==4.70.1")
        if "--requirement" in words:
            self.pins = Path(words[-1]).read_text()
        if self.breaks:
            raise self.breaks
        (python.parent / "garak").write_text(str(len(self.calls)))

    def catalogue(self, place, engine):
        entry = {"probe": "garak:a.B", "needs": [], "prompts": 1}
        (place / catalogue.FILE).write_text(json.dumps(entry) + "\n")


@pytest.fixture
def fake(monkeypatch):
    return Pip(monkeypatch)


def test_an_engine_is_there_when_its_environment_is_whole(fake, tmp_path):
    installed, steps = Installed(tmp_path / "engines"), []
    assert (installed.python("garak"), installed.version("garak")) == (None, None)
    assert installed.state("garak").state == "not installed"
    note = install.install(tmp_path / "engines", "garak", heard=steps.append)
    assert installed.python("garak") == tmp_path / "engines" / "garak" / "bin" / "python"
    assert installed.version("garak") == "0.17.1"
    assert installed.state("garak").state == "installed"
    assert installed.note("garak") == note
    assert [entry["probe"] for entry in installed.catalogue("garak")] == ["garak:a.B"]
    assert {step.what for step in steps} == {
        "making an environment",
        "installing",
        "reading its catalogue",
    }
    assert steps[1].package == "tqdm==4.70.1"
    assert [path.name for path in (tmp_path / "engines").iterdir()] == ["garak"]


def test_every_package_is_taken_by_hash_but_torch_by_version(fake, tmp_path):
    install.install(tmp_path, "garak", wheels=Path("/w"))
    pinned, torch = fake.calls
    offline = ["install", "--no-warn-script-location", "--no-index", "--find-links", "/w"]
    assert pinned[:7] == [*offline, "--require-hashes", "--no-deps"]
    assert torch == [*offline, "torch==2.13.0"]
    assert "\ngarak==0.17.1" in fake.pins


def test_the_lite_variant_is_without_torch_and_noted(fake, tmp_path):
    note = install.install(tmp_path, "garak", lite=True)
    assert (note.lite, len(fake.calls)) == (True, 1)
    assert "transformers==" not in fake.pins
    assert Installed(tmp_path).state("garak").state == "installed"


@pytest.mark.parametrize(
    "error", [NotMade("no"), OSError(28, "No space left on device"), KeyboardInterrupt("stop")]
)
def test_a_broken_installation_leaves_nothing_and_keeps_what_was_there(fake, tmp_path, error):
    install.install(tmp_path, "garak", lite=True)
    fake.breaks = error
    with pytest.raises((NotMade, KeyboardInterrupt), match=str(error.args[-1])):
        install.install(tmp_path, "garak")
    assert Installed(tmp_path).state("garak").note.lite
    assert [path.name for path in tmp_path.iterdir()] == ["garak"]


def test_a_killed_installation_is_swept_away_by_the_next(fake, tmp_path):
    old = tmp_path / ".making-garak-999999999-x"
    old.mkdir(parents=True)
    install.install(tmp_path, "garak")
    assert not old.exists()


def test_pins_that_changed_make_it_outdated_and_still_usable(fake, tmp_path):
    install.install(tmp_path, "garak")
    note = Installed(tmp_path).note("garak")
    (tmp_path / "garak" / NOTE).write_text(replace(note, digest="0").as_json())
    state = Installed(tmp_path).state("garak")
    assert (state.state, state.usable) == ("outdated", True)
    assert Installed(tmp_path).python("garak")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"engine": 1}'])
def test_a_folder_without_a_whole_note_is_no_installation(fake, tmp_path, text):
    install.install(tmp_path, "garak")
    (tmp_path / "garak" / NOTE).write_text(text)
    assert Installed(tmp_path).python("garak") is None
    assert Installed(tmp_path).catalogue("garak") == ()


def test_an_engine_is_removed_whole(fake, tmp_path):
    install.install(tmp_path, "garak")
    install.remove(tmp_path, "garak")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(NotFound, match="not installed"):
        install.remove(tmp_path, "garak")


def test_what_cannot_be_installed_is_refused(tmp_path):
    with pytest.raises(Conflict, match="come with quintain"):
        install.install(tmp_path, "core")
    with pytest.raises(Conflict, match="no lite"):
        install.install(tmp_path, "pyrit", lite=True)
    with pytest.raises(NotFound):
        install.install(tmp_path, "nessus")


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(NotMade, match="cannot be written"):
        install.install(tmp_path / "file" / "engines", "garak")


def test_the_built_in_engine_runs_in_quintains_own_python(tmp_path):
    installed = Installed(tmp_path / "none")
    assert installed.python("core") == Path(sys.executable)
    assert [state.state for state in installed.list()][0] == "built in"


# --- pip -------------------------------------------------------------------------------------


def python_that(tmp_path, script):
    path = tmp_path / "python"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def test_pip_is_heard_package_by_package(tmp_path):
    said = python_that(
        tmp_path, 'echo "Collecting tqdm==4.70.1 (from x)"; echo "  Downloading y.whl (3 MB)"'
    )
    heard = []
    pip.pip(said, ["install"], heard.append)
    assert heard == ["tqdm==4.70.1", "y.whl"]


@pytest.mark.parametrize(
    ("says", "why"),
    [
        ("ERROR: [Errno 28] No space left on device", "disk is full"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES", "not the one that was pinned"),
        ("ERROR: Could not find a version that satisfies the requirement x", "--wheels"),
        ("ERROR: something else", "last words"),
    ],
)
def test_pips_complaints_are_made_short(tmp_path, says, why):
    broken = python_that(
        tmp_path, f'for i in $(seq 50); do echo line $i; done; echo "{says}" >&2; exit 1'
    )
    with pytest.raises(NotMade, match=why) as caught:
        pip.pip(broken, ["install"], lambda _: None)
    assert caught.value.said[-1] == says
    assert len(caught.value.said) == pip.TAIL_LINES


def test_a_folder_of_wheels_that_lacks_one_is_what_is_told_of(tmp_path):
    broken = python_that(tmp_path, "echo ERROR: Could not find a version of x; exit 1")
    with pytest.raises(NotMade, match="--wheels lacks a package"):
        pip.pip(broken, ["install", *pip.Source(tmp_path).options()], lambda _: None)


@pytest.mark.parametrize("ignores", ["", "trap '' INT; "], ids=["ends", "ignores it"])
def test_a_broken_off_pip_ends_with_all_that_it_started(tmp_path, monkeypatch, ignores):
    monkeypatch.setattr(pip, "_GRACE_S", 0.3)
    at_work = python_that(tmp_path, f"{ignores}sleep 60 & echo Collecting $!; wait")
    child = []

    def stop(package):
        child.append(int(package))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pip.pip(at_work, ["install"], stop)
    until(lambda: is_gone(child[0]))


def is_gone(pid):
    state = Path(f"/proc/{pid}/stat")
    return not state.exists() or state.read_text().split()[2] == "Z"


def test_a_python_without_venv_is_told_of(tmp_path, monkeypatch):
    broken = python_that(
        tmp_path,
        'echo "The virtual environment was not created successfully because ensurepip is not available."; exit 1',
    )
    monkeypatch.setattr(pip, "_base_python", lambda: str(broken))
    with pytest.raises(NotMade, match="python3-venv"):
        pip.make_environment(tmp_path / "e")


def test_pip_gets_the_users_configuration_and_nothing_that_leads_astray(monkeypatch, tmp_path):
    monkeypatch.setenv("PIP_TARGET", "/elsewhere")
    monkeypatch.setenv("PIP_INDEX_URL", "https://packages.example/simple")
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    (tmp_path / "pip.conf").touch()
    env = pip._environment()
    assert "PIP_TARGET" not in env
    assert env["PIP_INDEX_URL"] == "https://packages.example/simple"
    assert env["PIP_CONFIG_FILE"] == str(tmp_path / "pip.conf")


def test_a_real_environment_is_made_and_can_be_moved(tmp_path):
    pip.make_environment(tmp_path / "draft")
    (tmp_path / "draft").rename(tmp_path / "place")
    heard = []
    pip.pip(tmp_path / "place" / "bin" / "python", ["--version"], heard.append)
    shutil.rmtree(tmp_path / "place")


# --- the catalogue ---------------------------------------------------------------------------


def test_an_engine_that_does_not_start_is_told_by_its_last_words(tmp_path):
    (tmp_path / "bin").mkdir()
    python_that(tmp_path / "bin", "echo No module named garak >&2; exit 1")
    with pytest.raises(NotMade, match="does not work") as caught:
        catalogue.write_catalogue(tmp_path, ENGINES["garak"])
    assert caught.value.said == ("No module named garak",)


def test_a_catalogue_is_what_the_engine_said(tmp_path):
    (tmp_path / "bin").mkdir()
    entry = {"event": "entry", "probe": "garak:a.B", "needs": ["hub"]}
    lines = "\n".join(json.dumps(each) for each in (entry, {"event": "done"}))
    python_that(tmp_path / "bin", f"echo '{lines}'")
    catalogue.write_catalogue(tmp_path, ENGINES["garak"])
    assert catalogue.kept_in(tmp_path) == [{"probe": "garak:a.B", "needs": ["hub"]}]
