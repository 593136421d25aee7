"""Signals wait while something is under way, and then do what they would have done."""

import signal
import threading

import pytest

from theory.common import signals


@pytest.fixture
def heard(ctrl_c):
    """What the process has heard of SIGTERM and SIGHUP."""
    told = []
    before = {number: signal.signal(number, lambda n, _: told.append(n)) for number in signals.ENDING[1:]}
    yield told
    for number, handler in before.items():
        signal.signal(number, handler)


def test_signals_wait_for_the_end_of_the_block(heard):
    with signals.held() as waiting:
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGHUP)
        assert (heard, waiting) == ([], [signal.SIGTERM, signal.SIGHUP])
    assert heard == [signal.SIGTERM, signal.SIGHUP]


def test_ctrl_c_waits_and_comes_after_the_others(heard):
    def work():
        with signals.held():
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGTERM)
            heard.append("done")

    with pytest.raises(KeyboardInterrupt):
        work()
    assert heard == ["done", signal.SIGTERM]


def test_blocks_within_blocks_hand_their_signals_on(heard):
    with signals.held() as outer:
        with signals.held():
            signal.raise_signal(signal.SIGTERM)
        assert outer == [signal.SIGTERM]
        assert heard == []
    assert heard == [signal.SIGTERM]


def test_what_is_ignored_stays_ignored(heard):
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
    with signals.held() as waiting:
        signal.raise_signal(signal.SIGHUP)
        assert waiting == []
    assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN


def test_other_threads_hold_nothing_and_break_nothing(heard):
    def work():
        with signals.held() as waiting:
            heard.append(list(waiting))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert heard == [[]]
