"""What all tests share."""

import signal

import pytest


def pytest_addoption(parser):
    parser.addoption("--no-skips", action="store_true", help="fail what is skipped and not marked gpu")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    """Let nothing pass that was not tested: only a GPU may be missing."""
    report = (yield).get_result()
    if report.skipped and item.config.getoption("--no-skips") and item.get_closest_marker("gpu") is None:
        report.outcome = "failed"
        report.longrepr = f"skipped, but not for want of a GPU: {report.longrepr[2]}"


def pytest_terminal_summary(terminalreporter):
    """Say how many bad inputs were tried (`tests/bad_input`)."""
    tried, refused = (
        sum(
            "bad_input/" in test.nodeid and "::test_refused[" in test.nodeid
            for name in names
            for test in terminalreporter.getreports(name)
        )
        for names in (("passed", "failed"), ("passed",))
    )
    if tried:
        terminalreporter.write_line(f"bad inputs: {tried} tried, {refused} refused in one line")


@pytest.fixture
def ctrl_c():
    """Let processes that a test starts have Ctrl-C: a shell takes it from what it runs in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
