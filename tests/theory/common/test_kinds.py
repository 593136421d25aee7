import pytest

from sim import flow, simulate
from theory import Autoencoder
from theory.common import kinds
from validation import train
from validation.training import autoencoder

TABLE = {int: "math:sqrt", dict: "json:dumps"}


class Derived(dict):
    """A kind that is derived from one in the table."""


def test_the_function_of_the_kind_or_of_what_it_is_derived_from():
    assert kinds.serving(4, TABLE, "has a root")(4) == 2
    assert kinds.serving(Derived(), TABLE, "has a root")(Derived()) == "{}"


def test_other_kinds_are_refused_in_one_line():
    message = r"^model must be of a type that has a root \(int, dict\), got 'four'$"
    with pytest.raises(TypeError, match=message):
        kinds.serving("four", TABLE, "has a root")


def test_simulate_and_train_are_those_of_the_autoencoder():
    model = Autoencoder(3, 6, 0.02)
    assert simulate(model, 1, until=5.0).identical(flow.simulate(model, 1, until=5.0))
    ours, theirs = (verb(model, "adam", steps=3, seed=1) for verb in (train, autoencoder.train))
    assert ours.identical(theirs)


@pytest.mark.parametrize("verb", [simulate, train])
def test_what_is_no_model_is_refused(verb):
    with pytest.raises(TypeError, match=r"^model must be of a type that .* \(Autoencoder.*\), got 3$"):
        verb(3)


@pytest.mark.parametrize(
    ("call", "near"),
    [
        (lambda model: train(model, lr=0.1), "learning_rate"),
        (lambda model: train(model, rng=1), "seed"),
        (lambda model: train(model, optimiser="adam"), "optimizer"),
        (lambda model: simulate(model, random_state=1), "seed"),
        (lambda model: simulate(model, tol=1), "rtol"),
    ],
)
def test_what_an_argument_is_called_elsewhere_is_known(call, near):
    with pytest.raises(TypeError, match=rf"must be an argument of .*; did you mean {near}\b"):
        call(Autoencoder(3, 6, 0.02))


def test_what_an_optimiser_is_called_elsewhere_is_known():
    with pytest.raises(ValueError, match=r"^optimizer must be one of .*, got 'sgd'; did you mean gd\?$"):
        train(Autoencoder(3, 6, 0.02), "sgd")
