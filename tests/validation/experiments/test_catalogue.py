import inspect

import pytest

from validation.experiments.catalogue import EXPERIMENTS, find


def test_names_are_unique_and_experiments_say_what_and_whence():
    assert len({made.name for made in EXPERIMENTS}) == len(EXPERIMENTS)
    for made in EXPERIMENTS:
        assert made.question.endswith(("?", "."))
        assert made.source
        assert "mathematics, section" not in made.source


@pytest.mark.parametrize("made", EXPERIMENTS, ids=lambda made: made.name)
def test_settings_are_the_arguments_of_the_measurement_and_all_differ(made):
    arguments = set(inspect.signature(made.measure).parameters) - {"seed"}
    for full in (False, True):
        settings = made.settings(full)
        assert all(set(setting) == arguments for setting in settings)
        assert len({tuple(setting.values()) for setting in settings}) == len(settings)


def test_unknown_names_are_refused_in_one_line():
    with pytest.raises(ValueError, match=r"^name must be one of .*'rebrith'; did you mean rebirth"):
        find("rebrith")
    with pytest.raises(ValueError, match="--list shows all"):
        find("zzz")
