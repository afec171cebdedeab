"""An installation that is broken off from outside."""

import signal

import pytest

from quintain.cli.exits import Code
from quintain.cli.installing import installing


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_it_ends_as_by_ctrl_c_so_that_nothing_is_left_behind(tmp_path, number):
    before = signal.getsignal(number)
    with pytest.raises(SystemExit) as ended, installing(tmp_path, "garak"):
        signal.raise_signal(number)
    assert ended.value.code == Code.TERMINATED
    assert signal.getsignal(number) == before
