"""What a client's configuration says, and what of it cannot be."""

from __future__ import annotations

import pytest

from probelang.backends import BPFTRACE_VERSIONS
from probelang.lsp.settings import read_wishes


@pytest.mark.parametrize("version", BPFTRACE_VERSIONS)
def test_a_release_of_bpftrace(version: str) -> None:
    wishes, wrong = read_wishes({"bpftraceVersion": version})
    assert (wishes.bpftrace_version, wrong) == (BPFTRACE_VERSIONS[version], [])
    # an empty one takes it back
    assert read_wishes({"bpftraceVersion": ""}, wishes)[0].bpftrace_version is None
    assert read_wishes({"target": "bpftrace"}, wishes)[0].bpftrace_version == BPFTRACE_VERSIONS[version]


@pytest.mark.parametrize("version", ["0.2", "0.270", "new", 0.27, ["0.27"]])
def test_what_is_no_release_of_bpftrace(version: object) -> None:
    wishes, wrong = read_wishes({"bpftraceVersion": version})
    assert wishes.bpftrace_version is None
    assert wrong == ["`probelang.bpftraceVersion` is one of 0.17, 0.27"]
