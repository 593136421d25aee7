"""Who measured: the hash of the code that does."""

import functools
from pathlib import Path

from validation.experiments.interference import winner_decided
from validation.experiments.running import Afresh
from validation.sweeps import provenance


def measure(n, seed):
    return {"value": n}


def test_the_hash_of_the_code_is_that_of_what_measures(monkeypatch):
    ours = winner_decided.measure
    before, own = provenance.code(ours), len(provenance.own(ours))
    assert own == len(list(Path(winner_decided.__file__).parent.glob("*.py"))) + 2
    assert provenance.own(measure) == [Path(__file__).read_bytes()]
    assert len(provenance.own(eval("lambda n, seed: n"))) == 1  # typed in
    provenance.code.cache_clear()
    monkeypatch.setattr(provenance, "own", lambda measure: [b"another helper"])
    assert provenance.code(ours) != before
    provenance.code.cache_clear()


def test_what_wraps_a_measurement_has_its_name_and_its_code():
    for wrapped, fixed in ((functools.partial(measure, n=3), "(n=3)"), (Afresh(measure, 0), "")):
        assert provenance.name(wrapped) == f"{__name__}:measure{fixed}"
        assert provenance.code(wrapped) == provenance.code(measure)
