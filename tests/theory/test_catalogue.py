import pytest

from theory import catalogue


@pytest.mark.parametrize("derivation", catalogue.derivations, ids=lambda d: d.name)
def test_every_step_holds(derivation):
    derivation.verify()


def test_names_are_unique():
    names = [derivation.name for derivation in catalogue.derivations]
    assert len(names) == len(set(names)) > 0


def test_find():
    assert catalogue.find("exclusion_law").name == "exclusion_law"


def test_find_suggests_names_that_are_spelled_alike():
    with pytest.raises(ValueError, match="exclusion_law") as error:
        catalogue.find("exclusion_low")
    assert "\n" not in str(error.value)


def test_find_says_where_all_are_listed_when_none_is_alike():
    with pytest.raises(ValueError, match="derive --list"):
        catalogue.find("qqq")
