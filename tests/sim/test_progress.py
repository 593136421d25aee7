from sim.progress import track


def test_passes_everything_on_and_stays_silent_outside_a_terminal(capsys):
    assert list(track(iter(range(5)), "counting", total=5)) == [0, 1, 2, 3, 4]
    assert capsys.readouterr() == ("", "")
