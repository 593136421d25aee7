"""Bad arguments in Python."""

import math

import numpy as np
import pytest

import sim
import theory
import validation
from tests.bad_input.cases import Case, refused

MODEL = theory.Autoencoder(4, 8, 0.02)
NAMESPACE = {
    "MODEL": MODEL,
    "inf": math.inf,
    "nan": math.nan,
    "np": np,
    **{name: getattr(room, name) for room in (sim, theory, validation) for name in room.__all__},
}

NUMBERS = (
    ("Autoencoder(0, 8, 0.02)", "n_features"),
    ("Autoencoder(4, -8, 0.02)", "n_neurons"),
    ("Autoencoder(4.0, 8, 0.02)", "n_features"),
    ("Autoencoder(4, 8, nan)", "l1"),
    ("Autoencoder(4, 8, -0.02)", "l1"),
)
CASES = [
    Case(said, names, lambda said=said: eval(said, dict(NAMESPACE)))
    for table in (NUMBERS,)
    for said, names in table
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.said)
def test_refused(case):
    refused(case)
