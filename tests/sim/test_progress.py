import threading

from sim import progress
from sim.progress import track


def test_passes_everything_on_and_stays_silent_outside_a_terminal(capsys):
    assert list(track(iter(range(5)), "counting", total=5)) == [0, 1, 2, 3, 4]
    assert capsys.readouterr() == ("", "")


def test_work_within_work_shares_the_display():
    for i in track(range(2), "outer"):
        assert list(track(range(i + 1), "inner")) == list(range(i + 1))
    assert list(track([1], "afterwards")) == [1]


def test_compiling_is_said_after_a_moment_and_taken_back(monkeypatch):
    said = threading.Event()

    tasks = []

    class Display:
        def add_task(self, description, total):
            tasks.append(description)
            said.set()
            return description

        def remove_task(self, task):
            tasks.remove(task)

    monkeypatch.setattr(progress, "MOMENT", 0.0)
    monkeypatch.setattr(progress, "_shown", [Display()])
    listener = progress.Compiling()
    for _ in range(2):  # a kernel and one that it calls
        listener.on_start(None)
    assert said.wait(10)
    listener.on_end(None)
    assert tasks == ["compiling, once"]
    listener.on_end(None)
    assert tasks == []


def test_what_compiles_at_once_is_not_said(monkeypatch):
    monkeypatch.setattr(progress, "MOMENT", 1e6)
    monkeypatch.setattr(progress, "_shown", [None])  # a display that cannot be used
    listener = progress.Compiling()
    listener.on_start(None)
    listener.on_end(None)
    assert not listener._timer.is_alive() or listener._timer.finished.is_set()
