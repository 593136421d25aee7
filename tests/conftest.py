"""What all tests share."""

import signal

import pytest


def pytest_addoption(parser):
    parser.addoption("--no-skips", action="store_true", help="fail what is skipped and not marked gpu")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    """Let nothing pass that was not tested: only a GPU may be missing, or a browser."""
    report = (yield).get_result()
    may_be_missing = any(item.get_closest_marker(name) for name in ("gpu", "browser"))
    if report.skipped and item.config.getoption("--no-skips") and not may_be_missing:
        report.outcome = "failed"
        report.longrepr = f"skipped, but not for want of a GPU or a browser: {report.longrepr[2]}"


@pytest.fixture
def faults(record_property):
    """Count what was done to a program, and what it got over; the end of the report has the sums."""

    def count(kind, tried, survived):
        record_property("faults", (kind, int(tried), int(survived)))
        assert survived == tried

    return count


def pytest_terminal_summary(terminalreporter):
    """Say how many bad inputs (`tests/bad_input`) and faults (`tests/faults`) were tried."""
    reports = [one for some in terminalreporter.stats.values() for one in some if hasattr(one, "nodeid")]
    calls = [one for one in reports if getattr(one, "when", None) == "call"]
    bad = [one for one in calls if "bad_input/" in one.nodeid and "::test_refused[" in one.nodeid]
    if bad:
        refused = sum(one.passed for one in bad)
        terminalreporter.write_line(f"bad inputs: {len(bad)} tried, {refused} refused in one line")
    told = [value for one in calls for name, value in one.user_properties if name == "faults"]
    for kind in dict.fromkeys(kind for kind, *_ in told):
        tried, survived = (sum(one[k] for one in told if one[0] == kind) for k in (1, 2))
        terminalreporter.write_line(f"faults: {kind}: {tried} tried, {survived} survived")
    if told:
        tried, survived = (sum(one[k] for one in told) for k in (1, 2))
        terminalreporter.write_line(f"faults: {tried} tried, {survived} survived")


@pytest.fixture
def ctrl_c():
    """Let processes that a test starts have Ctrl-C: a shell takes it from what it runs in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
