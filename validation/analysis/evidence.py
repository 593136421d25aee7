"""What an analysis says, in words and for the terminal, and all of it as JSON."""

import json
import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from rich import box
from rich.console import Group
from rich.table import Table
from scipy import sparse

from theory.common import files
from validation.analysis.networks import POLYSEMANTIC, ROUNDING, VERDICTS
from validation.report.wording import number

ROWS = 20
FEATURES = 8  # of a neuron, those with the largest weights, are looked at
STYLE = {"incidental": "yellow", "necessary": "red", "spread": "cyan"}


def summary(result: xr.Dataset) -> dict[str, str]:
    """Return what the analysis says of the network as a whole, by heading."""
    n, m, alive = result.sizes["feature"], result.sizes["neuron"], result.alive.values
    counts = {verdict: int((result.verdict.values == verdict).sum()) for verdict in VERDICTS}
    effective, suffered = result.effective_neurons.values[alive], result.interference.values[alive]
    lines = {
        "network": f"{n} features ({n - alive.sum()} dead) on {m} neurons",
        "neurons": ", ".join(f"{count} {verdict}" for verdict, count in counts.items() if count),
        "basis": "neurons are a privileged basis"
        if result.privileged
        else "no privileged basis: encodings keep to the neurons no more than random rotations do",
        "collisions": f"{result.benign.values.sum()} benign (opposite signs), "
        f"{result.malign.values.sum()} malign (same sign)",
    }
    if alive.any():
        lines["effective neurons"] = f"{_spread(effective)} for a feature"
        lines["interference"] = (
            f"{_spread(suffered)} on a feature, in units of a collision with its copy; "
            f"cosines {extent(_pairs(result.cosine.values, alive))}"
        )
        names, sizes = np.unique(result["shape"].values[alive], return_counts=True)
        lines["shapes"] = ", ".join(f"{size} in {name}" for name, size in zip(names, sizes, strict=True))
        lines["shapes"] += f" (features); dimensionality {_spread(result.dimensionality.values[alive])}"
    lines["monosemantic?"] = _monosemantic(result)
    return lines


def neurons(result: xr.Dataset) -> Iterator[dict[str, Any]]:
    """Yield the polysemantic neurons with the evidence for their verdicts, incidental ones first."""
    columns = {str(name): result[name].values for name in result.data_vars}
    shape = result.sizes["feature"], result.sizes["neuron"]
    places = np.arange(result.sizes["link"]), (columns["link_feature"], columns["link_neuron"])
    by_neuron = sparse.coo_array(places, shape).tocsc()
    for neuron in polysemantic(result):
        links = by_neuron.data[slice(*by_neuron.indptr[neuron : neuron + 2])]
        largest_first = links[np.argsort(-np.abs(columns["link_weight"][links]), kind="stable")]
        row = _evidence(columns, neuron, largest_first, result.free_neuron)
        yield row | {"because": _because(row, result)}


def polysemantic(result: xr.Dataset) -> np.ndarray:
    """Return the polysemantic neurons: incidental, then necessary, then spread.

    Where no basis is privileged, the last are as good as any other axis, and are left out.
    """
    verdicts, several = result.verdict.values, result.on_neuron.values > 1
    kinds = POLYSEMANTIC if result.privileged else POLYSEMANTIC[:-1]
    return np.concatenate([np.flatnonzero((verdicts == kind) & several) for kind in kinds])


def shown(result: xr.Dataset) -> Group:
    """Return the summary and the first polysemantic neurons as tables for the terminal."""
    overview = Table(box=None, show_header=False, pad_edge=False)
    overview.add_column(style="bold", no_wrap=True)
    overview.add_column()
    for heading, text in summary(result).items():
        overview.add_row(heading, text)
    total = polysemantic(result).size
    if not total:
        return Group(overview)
    ranked = "initial_rank" in result
    title = f"Polysemantic neurons{f', {ROWS} of {total}' if total > ROWS else ''}"
    drawn = Table(box=box.SIMPLE_HEAD, title=title, title_justify="left", pad_edge=False)
    drawn.add_column("neuron", justify="right")
    drawn.add_column("verdict", no_wrap=True)
    drawn.add_column("features and their weights" + (" (initial rank)" if ranked else ""), ratio=2)
    drawn.add_column("cosines", no_wrap=True)
    drawn.add_column("evidence", ratio=3)
    for row in islice(neurons(result), ROWS):
        verdict = f"[{STYLE[row['verdict']]}]{row['verdict']}[/]"
        drawn.add_row(str(row["neuron"]), verdict, listed(row), extent(row["cosines"]), row["because"])
    return Group(overview, "", drawn)


def listed(row: dict[str, Any], most: int = 3) -> str:
    """Return the largest features of a neuron with their weights as text."""
    parts = [
        f"{entry['feature']}: {entry['weight']:+.3g}"
        + (f" ({entry['initial_rank']})" if "initial_rank" in entry else "")
        for entry in row["features"][:most]
    ]
    rest = row["n_features"] - len(parts)
    return ", ".join(parts) + (f" and {rest} more" if rest else "")


def extent(ends: list[float]) -> str:
    """Return the least and the greatest of some cosines as text."""
    return " … ".join(f"{end + 0.0:.2f}" for end in dict.fromkeys(np.round(ends, 2))) or "none"


def save(result: xr.Dataset, path: str | os.PathLike) -> Path:
    """Write all of an analysis except the inner products to a JSON file, atomically.

    Raises
    ------
    ValueError
        If a file cannot be written there.
    """
    features = {name: values for name, values in result.data_vars.items() if values.dims == ("feature",)}
    document = {
        "summary": summary(result),
        "attributes": {name: _plain(value) for name, value in result.attrs.items()},
        "polysemantic": list(neurons(result)),
        "verdicts": result.verdict.values.tolist(),
        "features": {name: values.values.tolist() for name, values in features.items()},
    }
    text = json.dumps(document, ensure_ascii=False, allow_nan=False)
    return files.write(path, f"{text}\n".encode(), "json")


def _evidence(columns: dict[str, np.ndarray], neuron: int, links: np.ndarray, free: int) -> dict[str, Any]:
    """Return what there is on a neuron; `links` are those to it, the largest first."""
    largest = links[:FEATURES]
    on = columns["link_feature"][largest]
    among = columns["cosine"][np.ix_(on, on)][np.triu_indices(on.size, 1)]
    entries = [
        {"feature": int(columns["link_feature"][link]), "weight": float(columns["link_weight"][link])}
        | ({"initial_rank": int(columns["initial_rank"][link])} if "initial_rank" in columns else {})
        for link in largest
    ]
    movable = free >= 0
    return {
        "neuron": int(neuron),
        "verdict": str(columns["verdict"][neuron]),
        "n_features": links.size,
        "features": entries,
        "cosines": [float(among.min()), float(among.max())],
        **{
            name: int(columns[name][neuron])
            for name in ("benign", "malign", "group_features", "group_neurons")
        },
        "mover": int(columns["mover"][neuron]) if movable else None,
        "move_to": int(free) if movable else None,
        "interference_change": float(columns["interference_change"][neuron]) if movable else None,
    }


def _because(row: dict[str, Any], result: xr.Dataset) -> str:
    """Return why a polysemantic neuron has its verdict, in a sentence."""
    features, group = row["group_features"], row["group_neurons"]
    if row["verdict"] == "spread":
        return f"{features} features are linked, with {group} neurons: enough for one each"
    crowded = f"{features} features on {group} neuron{'s' if group > 1 else ''}"
    if row["move_to"] is None:
        return f"{crowded}, and no neuron is free"
    change = row["interference_change"]
    if row["verdict"] == "necessary" and change <= ROUNDING:
        return f"{crowded}; free neurons: {result.free_neurons}, for {result.too_many} features too many"
    effect = f"interference {'+' * (change > 0)}{number(change)}" if change else "same loss"
    return f"{crowded}; feature {row['mover']} to free neuron {row['move_to']}: {effect}"


def _monosemantic(result: xr.Dataset) -> str:
    n, m = int(result.alive.values.sum()), result.sizes["neuron"]
    if n > m:
        return (
            f"impossible: {n} living features, {m} neurons; loss {number(result.energy)}; "
            f"{result.free_neurons} neurons are free, for {result.too_many} features beyond those in use"
        )
    if n == 0:
        return "no feature is alive"
    assigned, strongest = result.assigned.values, result.strongest.values
    return (
        f"possible at no higher loss: {number(result.energy)} now, {number(result.energy_monosemantic)} "
        f"then; the nearest one gives {(assigned != strongest).sum()} features another neuron and is "
        f"{result.distance_monosemantic:.2g} ‖W‖ away"
    )


def _pairs(cosines: np.ndarray, alive: np.ndarray) -> list[float]:
    among = cosines[np.ix_(alive, alive)].copy()
    if len(among) == 1:
        return []
    np.fill_diagonal(among, np.nan)
    return [float(np.nanmin(among)), float(np.nanmax(among))]


def _spread(values: np.ndarray) -> str:
    if number(values.min()) == number(values.max()):
        return number(values.max())
    return f"{number(np.median(values))} (median; {number(values.min())} to {number(values.max())})"


def _plain(value: Any) -> Any:
    """Return a value as JSON has it: what is no finite number as text."""
    value = value.item() if isinstance(value, np.generic) else value
    return str(value) if isinstance(value, float) and not np.isfinite(value) else value
