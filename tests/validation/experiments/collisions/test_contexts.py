import numpy as np

from validation.experiments.collisions import contexts


def test_pairs_are_told_apart_by_context_and_sign():
    weights = np.zeros((1, 4, 3))
    weights[0, :, 0] = [1, 1, -1, 0]  # 0 and 2 are of one context, 1 of the other
    weights[0, 3, 1] = 0.9
    found = dict(zip(contexts.SHARES, contexts.shared(weights, 2), strict=True))
    counts = {name: int(value[0]) for name, value in found.items()}
    assert counts == {"opposite_within": 1, "same_within": 0, "opposite_across": 1, "same_across": 1}


def test_flow_and_training_end_alike():
    setting = {"n": 8, "m": 8, "contexts": 2, "l1": 0.05, "replicates": 6}
    flow, trained = (contexts.measure(s, **setting, seed=0) for s in ("simulation", "training"))
    assert not flow.same_within.any()
    assert flow.same_across.sum() > 0
    assert abs(float(flow.same_across.sum() - trained.same_across.sum())) <= 2
