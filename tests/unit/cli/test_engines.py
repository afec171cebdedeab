"""`quintain engines`: what it shows and where it looks."""

import json
from types import SimpleNamespace

import pytest

from quintain.cli import engines, main
from quintain.cli.access import write_local
from quintain.runs.engines.catalogue import FILE
from quintain.runs.engines.installed import NOTE, Note
from quintain.runs.engines.pip import NotMade
from quintain.runs.engines.table import ENGINES
from quintain.secret import Secret

ENTRIES = [
    {
        "probe": "garak:a.One",
        "title": "One\nline",
        "category": "hate",
        "technique": "direct",
        "tags": [],
        "prompts": 3,
        "needs": [],
    },
    {
        "probe": "garak:b.Two",
        "title": "Two",
        "category": "jailbreak",
        "technique": "base64",
        "tags": [],
        "prompts": 0,
        "needs": ["judge", "hub"],
    },
    {
        "probe": "garak:c.Three",
        "title": "Three",
        "category": "hate",
        "technique": "direct",
        "tags": [],
        "prompts": 0,
        "needs": [],
        "why": "It sends audio.",
    },
]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A data directory with garak in it, lite."""
    monkeypatch.setenv("QUINTAIN_LOCAL_FILE", str(tmp_path / "local.json"))
    monkeypatch.delenv("QUINTAIN_DATA_DIR", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    place = tmp_path / "data" / "engines" / "garak"
    (place / "bin").mkdir(parents=True)
    (place / "bin" / "python").touch()
    digest = ENGINES["garak"].digest(lite=True)
    (place / NOTE).write_text(Note("garak", "0.17.1", digest, True, 239).as_json())
    (place / FILE).write_text("".join(json.dumps(entry) + "\n" for entry in ENTRIES))
    return tmp_path / "data"


def run(capsys, *words):
    with pytest.raises(SystemExit) as ended:
        main(["engines", *map(str, words)])
    out, err = capsys.readouterr()
    return SimpleNamespace(code=ended.value.code or 0, out=out, err=err)


def test_the_list_tells_what_is_installed(folder, capsys):
    told = run(capsys, "list", "--data-dir", folder)
    rows = {line.split()[0]: " ".join(line.split()) for line in told.out.splitlines()}
    assert rows["garak"].startswith("garak installed 0.17.1 lite 239")
    assert rows["core"].startswith("core built in")
    assert rows["pyrit"].startswith("pyrit not installed 1.1.0")
    [garak] = [
        e
        for e in json.loads(run(capsys, "list", "--data-dir", folder, "--json").out)["engines"]
        if e["name"] == "garak"
    ]
    assert (garak["state"], garak["lite"], garak["megabytes"]) == ("installed", True, 239)


def test_a_catalogue_is_shown_with_needs_and_by_filters(folder, capsys):
    whole = run(capsys, "show", "garak", "--data-dir", folder)
    assert [line.split()[0] for line in whole.out.splitlines()[1:]] == [e["probe"] for e in ENTRIES]
    assert "judge, hub" in whole.out
    assert "not usable" in whole.out
    assert "3 probes." in whole.err
    usable = run(capsys, "show", "garak", "--data-dir", folder, "--usable")
    assert "garak:a.One" in usable.out
    assert "b.Two" not in usable.out + usable.err
    found = json.loads(
        run(
            capsys,
            "show",
            "garak",
            "--data-dir",
            folder,
            "--category",
            "hate",
            "--technique",
            "direct",
            "--json",
        ).out
    )
    assert [e["probe"] for e in found["catalogue"]] == ["garak:a.One", "garak:c.Three"]


def test_what_is_not_installed_says_how_to(folder, capsys):
    told = run(capsys, "show", "pyrit", "--data-dir", folder)
    assert (told.code, told.out) == (5, "")
    assert "quintain engines install pyrit" in told.err
    assert run(capsys, "show", "nessus", "--data-dir", folder).code == 5
    assert run(capsys, "install", "core", "--data-dir", folder).code == 6
    assert (
        run(capsys, "install", "garak", "--wheels", folder / "no", "--data-dir", folder).code == 2
    )


def test_the_data_directory_is_that_of_the_server_on_this_machine(folder, tmp_path, monkeypatch):
    write_local(tmp_path / "local.json", "http://127.0.0.1:1", Secret("k" * 40), tmp_path / "first")
    write_local(tmp_path / "local.json", "http://127.0.0.1:2", Secret("n" * 40), folder)
    assert engines.installed_in(None).folder == folder / "engines"
    monkeypatch.setenv("QUINTAIN_DATA_DIR", str(tmp_path / "set"))
    assert engines.installed_in(None).folder == tmp_path / "set" / "engines"
    assert engines.installed_in(tmp_path / "typed").folder == tmp_path / "typed" / "engines"


def test_without_a_server_it_is_the_users_own(folder, tmp_path):
    assert engines.installed_in(None).folder == tmp_path / "share" / "quintain" / "engines"


def test_an_installation_tells_its_steps_and_its_end(folder, capsys, monkeypatch):
    def make(place, name, *, lite, wheels, heard):
        for what in ("making an environment", "installing", "installing"):
            heard(engines_step(what))
        return Note(name, "0.17.1", "x", lite, 2000)

    monkeypatch.setattr(engines, "make", make)
    told = run(capsys, "install", "garak", "--data-dir", folder)
    assert told.err.count("installing ...") == 1
    assert "garak 0.17.1 is installed: 2000 MB." in told.out


def engines_step(what):
    from quintain.runs.engines.install import Step

    return Step(what, "tqdm==4", 1, 2)


def test_a_failed_installation_shows_pips_last_words(folder, capsys, monkeypatch):
    def make(*_, **__):
        raise NotMade("pip could not install it: the disk is full.", ("ERROR: a", "ERROR: b"))

    monkeypatch.setattr(engines, "make", make)
    told = run(capsys, "install", "garak", "--data-dir", folder)
    assert told.code == 1
    assert told.err.splitlines()[-3:] == [
        "  ERROR: a",
        "  ERROR: b",
        "✗ pip could not install it: the disk is full.",
    ]


def test_an_engine_is_removed_only_after_a_yes(folder, capsys):
    assert run(capsys, "remove", "garak", "--data-dir", folder).code == 2
    assert run(capsys, "remove", "garak", "--data-dir", folder, "--yes").code == 0
    assert not (folder / "engines" / "garak").exists()
    assert run(capsys, "remove", "garak", "--data-dir", folder, "--yes").code == 5
