"""A guest to type into: its console on this terminal, with probelang, a Python and the examples."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.kernels.lab.boot import Job, Machine, qemu_command, write_initrd
from tests.kernels.lab.fetch import KernelFiles
from tests.kernels.lab.inside import ENVIRONMENT, ROOT, unpack_job

_SHELL = r"""
mkdir -p /root/examples /dev/pts && mount -t devpts devpts /dev/pts
cd /lab/jobs/shell && mv example-* /root/examples/ && mv given-* /root/ 2>/dev/null
cd /root && rmdir shared
for file in examples/example-* given-*; do
	[ -e "$file" ] && mv "$file" "$(echo "$file" | sed 's/example-//; s/^given-//')"
done
"""
_HELLO = r"""
cat <<END
Linux $(uname -r), with probelang. See some hits:

    probelang run --command 'dd if=/bin/busybox of=/dev/null bs=500K' examples/reads.pl

There is one terminal: \`run --command\`, or \`run … &\` and \`kill -INT %1\`. \`exit\` ends the guest.

END
"""


def run_shell(kernel: KernelFiles, files: Sequence[str], machine: Machine) -> int:
    """Boot, and hand the terminal over until its shell ends; the answer is QEMU's exit status."""
    job = unpack_job()
    beside = {f"example-{path.name}": path.read_bytes() for path in (ROOT / "examples").glob("*.pl")}
    beside |= {f"given-{Path(name).name}": Path(name).read_bytes() for name in files}
    lines = [job.script, _SHELL, ENVIRONMENT, f"export TERM={shlex.quote(os.environ.get('TERM', 'dumb'))}"]
    try:
        size = os.get_terminal_size()
        lines += [f"stty rows {size.lines} cols {size.columns} </dev/ttyS0"]
    except OSError:
        # not a terminal: a script that is typed
        pass
    lines += [_HELLO, "export PS1='guest:\\w# '"]
    lines += ["exec setsid -c sh </dev/ttyS0 >/dev/ttyS0 2>&1"]
    with tempfile.TemporaryDirectory(prefix="probelang-lab-") as made:
        initrd = Path(made) / "initrd"
        write_initrd(initrd, {"shell": Job("\n".join(lines) + "\n", {**job.files, **beside})}, machine)
        # the guest is the one that Ctrl-C is for
        serial = ("-chardev", "stdio,id=console,signal=off", "-serial", "chardev:console")
        return subprocess.run([*qemu_command(kernel, initrd, machine), *serial], check=False).returncode
