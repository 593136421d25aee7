"""The page of an analysis: self-contained, with its pictures, which are written beside it as files too."""

import os
from itertools import islice
from pathlib import Path

import numpy as np
import xarray as xr

from theory.common import files
from validation.analysis import evidence, pictures
from validation.report import pages, plots

PAGE = "analysis.html"
CAPTION = {
    "encodings": "Encodings: neurons by verdict, features by the neuron on which they are strongest.",
    "verdicts": "How many features the neurons have on them.",
    "interference": "Interference: cosines of all pairs of encodings. The ReLU removes those below 0.",
    "effective_neurons": "Over how many neurons each feature is spread.",
}


def write(folder: str | os.PathLike, weights: np.ndarray, result: xr.Dataset, name: str) -> Path:
    """Write the page of an analysis to a folder: ``analysis.html``, and each picture as PNG and SVG.

    Parameters
    ----------
    folder : path
        Made if it does not exist; its parent must exist.
    weights : ndarray, shape (feature, neuron)
        The encodings.
    result : Dataset
        What `validation.analyze` says of them.
    name : str
        What the page calls them.

    Returns
    -------
    Path
        Of the page.

    Raises
    ------
    ValueError
        If the folder cannot be written to.
    """
    folder = files.folder(folder, "report")
    figures = pictures.all_of(weights, result)
    drawn = {
        f"{key}.{form}": plots.drawn(figure, form)
        for key, figure in figures.items()
        for form in ("png", "svg")
    }
    page = pages.template("analysis/page.html.j2").render(
        name=name,
        summary=evidence.summary(result),
        rows=list(islice(evidence.neurons(result), evidence.ROWS)),
        total=evidence.polysemantic(result).size,
        evidence=evidence,
        pictures=[(CAPTION[key], pages.embedded(drawn[f"{key}.png"])) for key in figures],
        threshold=result.threshold,
        versions=result.versions,
    )
    return pages.publish(folder, PAGE, page, drawn)
