from __future__ import annotations

import gc
import os
import signal
from collections.abc import Generator, Iterator

import pytest
from hypothesis import settings

# how long one example takes says how busy the machine is
settings.register_profile("probelang", deadline=None)
settings.load_profile("probelang")


def pytest_configure() -> None:
    """A shell's background job ignores Ctrl-C, and so would all that it starts, whose answer to it is tested.

    And what tests make is looked through for garbage less often.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    gc.set_threshold(50_000, 20, 20)


@pytest.fixture
def hangups() -> Iterator[None]:
    """A suite that was started by `nohup` ignores SIGHUP, and so would what the test starts."""
    before = signal.getsignal(signal.SIGHUP)
    if before is signal.SIG_IGN:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.fixture(autouse=True, scope="module")
def _settled() -> None:
    """What earlier modules keep is not looked through for garbage again and again, in the time of tests that measure some."""
    gc.collect()
    gc.freeze()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-goldens", action="store_true", help="write what is expected anew, to be reviewed"
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Booted tests begin with those that take longest."""
    if any(item.get_closest_marker("kernels") for item in items):
        from tests.kernels.lab.groups import put_first

        put_first(items)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """What `--dist loadgroup` gives to one process: tests of real kernels that share guests."""
    if config.getvalue("dist") != "loadgroup":
        return None
    from tests.kernels.lab.groups import make_scheduler

    return make_scheduler(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """Where the lab cannot work, a test of real kernels is skipped and says so; where CI is set it fails."""
    if pyfuncitem.get_closest_marker("kernels") is None:
        return (yield)
    from tests.kernels.lab.fetch import LabError

    try:
        return (yield)
    except LabError as error:
        if os.environ.get("CI"):
            pytest.fail(f"the lab cannot work: {error}")
        pytest.skip(f"NO REAL KERNEL WAS ASKED: {error}")


@pytest.fixture
def again(request: pytest.FixtureRequest) -> bool:
    """Whether a test is run once more because it failed: then it wants a guest or a window of its own, not what others left."""
    return int(getattr(request.node, "execution_count", 1)) > 1
