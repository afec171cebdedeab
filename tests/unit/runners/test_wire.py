"""What an engine's process says and hears, whatever its libraries do with its streams."""

import json
import subprocess
import sys
from pathlib import Path
from subprocess import PIPE

from quintain import runners
from quintain.runners import wire

ODD = """
import os, subprocess, sys
sys.path.insert(0, sys.argv[1])
import wire
with wire.speaking() as out:
    config = wire.listen()
    print("a stray line")
    subprocess.run(["echo", "another"])
    assert sys.stdin.read() == "" and subprocess.run("cat", stdout=subprocess.PIPE).stdout == b""
    for seq, answer in enumerate(["half of a pair: \\ud83d", "\\U0001f600" * 4_000_000, "\\n{}\\r\\0"]):
        out.say("attempt", probe="odd:one", seq=seq, answer=answer)
    out.say("done")
"""


def test_stray_words_odd_texts_and_huge_ones_leave_a_line_an_event(tmp_path):
    config = wire.Config(1, 0, "http://127.0.0.1:1/v1", wire.Target("m"), tmp_path)
    folder = Path(runners.__file__).parent
    command = [sys.executable, "-c", ODD, str(folder)]
    with subprocess.Popen(command, stdin=PIPE, stdout=PIPE, stderr=PIPE) as process:
        process.stdin.write(config.as_line())
        process.stdin.flush()  # and stays open: its end would be the end of the process
        lines, said = process.stdout.read().splitlines(), process.stderr.read()
    assert max(map(len, lines)) <= wire.LONGEST_LINE
    events = [json.loads(line) for line in lines]
    assert [each.get("seq") for each in events] == [0, 1, 2, None], said
    assert events[0]["answer"].endswith("\ud83d")
    assert events[1]["answer"].endswith("[cut: 4,000,000 characters in all]")
    assert b"a stray line" in said
    assert b"another" in said
