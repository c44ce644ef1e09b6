"""`--top`, `--report` and `report` on a booted kernel: what they show is what was done."""

from __future__ import annotations

import base64
import re
from functools import cache
from html.parser import HTMLParser

import pyte
import pytest

from tests.kernels.lab.inside import Scene, Told, run_scenes

pytestmark = pytest.mark.kernels

KERNEL = "6.12"

SPEC = b"""
group look
rd = fprobe vfs_read%return if count == 4321 {
    result = $retval
    took   = $duration
    name   = file->f_path.dentry->d_name.name
    count
}
missing = fprobe do_sys_openat2%return if $retval == -ENOENT && $comm == "cat" { error = $retval }
both = fprobe vfs_{read,write} if count == 4321 { count }
"""

# 6 reads of a file of 5 blocks, the last of nothing, and 5 writes to another; two files that are not there
WORK = b"""
head -c 21605 /dev/zero >/tmp/work/data
dd if=/tmp/work/data of=/tmp/work/copy bs=4321 2>/dev/null
cat /no/such/file /nor/this 2>/dev/null
true
"""

# a terminal of 100 columns and 30 lines; what the program writes there goes to a file
TERMINAL = b"""
import fcntl, os, pty, struct, sys, termios

process, terminal = pty.fork()
if process == 0:
    os.environ.update(TERM="xterm", PYTHONIOENCODING="utf-8")
    fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
    os.execvp(sys.argv[2], sys.argv[2:])
with open(sys.argv[1], "wb") as out:
    while True:
        try:
            data = os.read(terminal, 65536)
        except OSError:
            break
        if not data:
            break
        out.write(data)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]))
"""

SCENES = [
    Scene(
        "top",
        """
        mkdir -p /dev/pts && mount -t devpts -o ptmxmode=666 devpts /dev/pts && ln -sf pts/ptmx /dev/ptmx
        python3.13 $SHARED/terminal.py screen probelang run --top --by name --report out.html --command "sh $SHARED/work.sh" $SHARED/look.pl
        fact status $?
        fact screen $(base64 screen | tr -d '\\n')
        fact page $(base64 out.html | tr -d '\\n')
        """,
        seconds=240,
    ),
    Scene(
        "saved",
        """
        probelang run --format json --command "sh $SHARED/work.sh" $SHARED/look.pl >hits.jsonl
        fact status $?
        probelang report hits.jsonl --by comm; fact report $?
        probelang report hits.jsonl -o saved.html; fact page $?
        fact saved $(base64 saved.html | tr -d '\\n')
        """,
        seconds=240,
    ),
    Scene(
        "no-terminal",
        """
        probelang run --top -q --command "sh $SHARED/work.sh" $SHARED/look.pl >summary
        fact status $?
        cat summary
        probelang run --top --by nme $SHARED/look.pl; fact by $?
        probelang run --report out.txt $SHARED/look.pl; fact report $?
        probelang run --plot out.png $SHARED/look.pl; fact plot $?
        """,
        seconds=240,
    ),
]


@cache
def _told() -> dict[str, Told]:
    shared = {"look.pl": SPEC, "work.sh": WORK, "terminal.py": TERMINAL}
    return run_scenes(KERNEL, SCENES, shared)


def _checked(name: str) -> Told:
    told = _told()[name]
    assert told.complete, told.outcome.output[-3000:]
    return told


class _Texts(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.texts.append(data.strip())


def _texts(encoded: str) -> list[str]:
    reader = _Texts()
    reader.feed(base64.b64decode(encoded).decode())
    return [text for text in reader.texts if text]


def _check_page(texts: list[str]) -> None:
    # 6 reads; 6 reads and 5 writes; two files
    assert "19 hits of 3 events in" in " ".join(texts)
    rows = " ".join(texts)
    for event, count, part in (("look/both", 11, "58%"), ("look/rd", 6, "32%"), ("look/missing", 2, "11%")):
        assert re.search(rf"{event} (?:f?probe \S+ )?{count} {part} ", rows), rows
    at = texts.index("name")
    assert texts[at + 1 : at + 3] == ['"data"', "6"]
    at = texts.index("place")
    assert texts[at + 2 : at + 5 : 2] == ["6", "5"], "reads and writes"


def test_top_and_report() -> None:
    told = _checked("top")
    assert told.facts["status"] == "0", told.output
    said = base64.b64decode(told.facts["screen"])
    assert said.count(b"\x1b[?1049h") == said.count(b"\x1b[?1049l") == 1
    # what is seen after the end: the summary
    screen = pyte.Screen(100, 60)
    pyte.ByteStream(screen).feed(said)
    shown = "\n".join(line.rstrip() for line in screen.display)
    assert re.search(r"^look\.pl · 19 hits · none lost · ", shown, re.MULTILINE), shown
    assert re.search(r"^look/both +\S+ +11  ", shown, re.MULTILINE), shown
    assert re.search(r"^look/missing +\S+ +2  ", shown, re.MULTILINE)
    assert re.search(r'^"data" +\S+ +6 100%  █+$', shown, re.MULTILINE)
    assert re.search(r"^  result 4321 B 83%, 0 B 17%$", shown, re.MULTILINE)
    assert re.search(r"^  took .*(ns|µs|ms) ", shown, re.MULTILINE)
    assert re.search(r"^  error +-2 ENOENT 100%$", shown, re.MULTILINE)
    texts = _texts(told.facts["page"])
    _check_page(texts)
    assert "since the start" in texts
    assert "fprobe vfs_{read,write}" in texts
    assert "-2 ENOENT" in texts
    assert not told.left.strip(), told.left


def test_saved_hits() -> None:
    told = _checked("saved")
    assert [told.facts[name] for name in ("status", "report", "page")] == ["0", "0", "0"], told.output
    assert re.search(r"^hits\.jsonl · 19 hits · none lost · ", told.output, re.MULTILINE), told.output
    assert re.search(r"^dd +\S+ +17 +89%", told.output, re.MULTILINE)
    _check_page(_texts(told.facts["saved"]))


def test_without_a_terminal() -> None:
    told = _checked("no-terminal")
    assert told.facts["status"] == "0"
    assert "look.pl · 19 hits · none lost" in told.output
    assert "\x1b" not in told.output
    assert [told.facts[name] for name in ("by", "report", "plot")] == ["2", "2", "2"]
    assert "no event has a field nme: did you mean name?" in told.output
    assert "a report is an .html file, not out.txt" in told.output
    assert "--plot needs matplotlib, which is not installed: pip install 'probelang[plot]'" in told.output
