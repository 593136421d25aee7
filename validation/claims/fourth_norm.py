"""Hidden noise turns encodings as the exact average over the noise says: random signs, not Gaussian."""

from matplotlib.figure import Figure

from theory.noise import drift
from validation import experimenting
from validation.claim import Claim, Finding
from validation.experiment import Setting, parts
from validation.experiments import fourth_norm as experiment
from validation.statistics import mean


def _chosen(setting: Setting) -> bool:
    """Leave out what is not compared here, and the exact average under Gaussian noise."""
    source, law = setting["source"], setting["law"]
    return source == "training" or (source == "theory" and law == "signs")


def _measure(seed: int, full: bool) -> list[Finding]:
    found = {
        (str(part.source.values), str(part.law.values), float(part["std"])): part
        for part in parts(experimenting.shared("fourth_norm", seed, full, _chosen))
    }
    findings = []
    for (source, law, std), part in found.items():
        if source != "training":
            continue
        if law == "signs":
            name = "fourth_norm"
            predicted = float(found["theory", law, std].fourth_norm[:, -1].mean())
        else:
            name = "of_direction"
            predicted = drift.of_random_direction(experiment.MODEL.n_neurons)
        label = {"fourth_norm": "fourth norm", "of_direction": "fourth norm of directions"}[name]
        quantity = f"mean {label} at the end, {experiment.LAWS[law]} of deviation {std:g}"
        findings.append(Finding("training", quantity, predicted, mean(part[name][:, -1])))
    return findings


def _plot(seed: int, full: bool) -> Figure:
    return experiment.experiment.figure(experimenting.shared("fourth_norm", seed, full, _chosen))


claim = Claim(
    "fourth_norm",
    "Random-sign noise makes encodings sparse without L1 as its exact average says; Gaussian noise does not.",
    "arXiv:2312.03096, noise instead of L1; own derivation",
    "agrees",
    _measure,
    _plot,
    only_full=True,
)
