"""Three ways to tell from final weights which polysemantic neurons are incidental."""

import numpy as np

from validation.analysis.networks import analyze

READERS = ("count", "verdict", "signature")
TOLD = ("incidental", "necessary", "neither")  # of the first two kinds a neuron is


def read(roomy: np.ndarray, needy: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return how many polysemantic neurons of each kind are told to be of which, by context and reader."""
    together = np.zeros(np.add(roomy.shape, needy.shape))
    together[: len(roomy), : roomy.shape[1]] = roomy
    together[len(roomy) :, roomy.shape[1] :] = needy
    truth = np.repeat([0, 1], [roomy.shape[1], needy.shape[1]])
    features, neurons = (rng.permutation(size) for size in together.shape)
    together = (together * rng.choice([-1, 1], truth.size))[features][:, neurons]
    alone = counted(roomy, truth[truth == 0]) + counted(needy, truth[truth == 1])
    return np.stack([alone, counted(together, truth[neurons])])


def counted(weights: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Return the counts (reader, truth, told) in one network."""
    result = analyze(weights)
    pair = (result.on_neuron == 2) & (result.benign == 1) & (result.group_neurons == 1)
    crowded = int(result.alive.sum()) > weights.shape[1]
    verdicts = [TOLD.index(said) if said in TOLD else 2 for said in result.verdict.values]
    several = result.on_neuron.values > 1
    counts = np.zeros((len(READERS), 2, len(TOLD)), int)
    for reader, says in enumerate((np.full(truth.size, int(crowded)), verdicts, np.where(pair, 0, 1))):
        np.add.at(counts[reader], (truth[several], np.array(says)[several]), 1)
    return counts
