import shlex
import sys
from pathlib import Path

import pytest

from quintain.cli.editor import edited
from quintain.cli.exits import Failure


def editor(code):
    return {"EDITOR": f"{sys.executable} -c {shlex.quote(code)}"}


APPEND = "import sys; open(sys.argv[1], 'a').write('more')"


def test_what_the_editor_wrote_is_read_and_the_draft_removed():
    keep = "import sys; open(sys.argv[1], 'a').write(sys.argv[1])"
    with edited("text ", editor(keep)) as text:
        start, path = text.split()
        assert start == "text"
    assert not Path(path).exists()


def test_a_refused_change_is_kept_for_another_try():
    with pytest.raises(Failure) as raised, edited("text ", editor(APPEND)):
        raise Failure("Refused.", hint="A hint.")
    path = Path(raised.value.hint.removeprefix("A hint. What you wrote is kept in ").rstrip("."))
    assert path.read_text() == "text more"
    assert path.stat().st_mode & 0o077 == 0
    path.unlink()


def test_an_editor_that_is_not_there_is_named():
    with (
        pytest.raises(Failure, match="no-such-editor"),
        edited("text", {"EDITOR": "no-such-editor"}),
    ):
        pass
