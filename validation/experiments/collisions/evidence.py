"""What can be seen of a polysemantic neuron, in the end and on the way, and what it foretells."""

import numpy as np

from validation.analysis.networks import analyze

LEFT = ("on", "shared", "empty", "verdict", "difference")  # in final weights
HISTORY = (*LEFT, "rank_at_start", "suitors_at_start", "share_early", "suitors_early")
VERDICTS = {"incidental": 0.0, "necessary": 1.0}
FOLDS = 8


def evidence(start: np.ndarray, early: np.ndarray, final: np.ndarray, neuron: int) -> dict[str, float]:
    """Return numbers by name; weights are (feature, neuron), at the start, early and in the end.

    Suitors are other features whose largest weight is on the neuron at that time; ranks are mean logarithms.
    """
    large = np.abs(final) > 0.5
    on, mine = large.sum(axis=0), large[:, neuron]
    others = np.delete(on, neuron)
    sizes = np.abs(final[mine, neuron])
    ranks = (np.abs(start[mine]) >= np.abs(start[mine, neuron])[:, None]).sum(axis=1)
    squares = early[mine] ** 2
    said = str(analyze(final).verdict.values[neuron])
    return {
        "on": float(on[neuron]),
        "shared": float((others > 1).mean()),
        "empty": float((others == 0).mean()),
        "verdict": VERDICTS.get(said, 0.5),
        "difference": float(sizes.max() - sizes.min()),
        "rank_at_start": float(np.log(ranks).mean()),
        "suitors_at_start": _suitors(start[~mine], neuron),
        "share_early": float((squares[:, neuron] / squares.sum(axis=1)).mean()),
        "suitors_early": _suitors(early[~mine], neuron),
    }


def _suitors(weights: np.ndarray, neuron: int) -> float:
    return float((np.abs(weights).argmax(axis=1) == neuron).sum())


def foretold(seen: np.ndarray, stays: np.ndarray) -> np.ndarray:
    """Return for each network what least squares on the others foretell, up to a constant, of what stays.

    `seen` is (network, evidence), `stays` (network, redraw).
    """
    spread = seen.std(axis=0)
    scaled = (seen - seen.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    design = np.column_stack([scaled, np.ones(len(seen))])
    share, told = stays.mean(axis=1), np.empty(len(seen))
    for fold in range(FOLDS):
        out = np.arange(len(seen)) % FOLDS == fold
        fitted = np.linalg.lstsq(design[~out], share[~out], rcond=None)[0]
        told[out] = scaled[out] @ fitted[:-1]  # without the mean of the others, which falls as theirs rises
    return told
