from sim.progress import track


def test_passes_everything_on_and_stays_silent_outside_a_terminal(capsys):
    assert list(track(iter(range(5)), "counting", total=5)) == [0, 1, 2, 3, 4]
    assert capsys.readouterr() == ("", "")


def test_work_within_work_shares_the_display():
    for i in track(range(2), "outer"):
        assert list(track(range(i + 1), "inner")) == list(range(i + 1))
    assert list(track([1], "afterwards")) == [1]
