import numpy as np

from validation.experiments.flow import without_l1


def test_twice_as_many_features_as_neurons_have_no_acute_angle():
    found = without_l1.measure("simulation", 8, 4, 3, seed=0)
    assert (found.obtuse > 0.9).all()
    assert (found["rank"] == 1).all()
    assert (found.turned < 0.02).all()
    more = without_l1.measure("simulation", 12, 4, 3, seed=0)
    assert (more.loss > 10 * np.maximum(found.loss, 1e-3)).all()
