"""What features in superposition are arranged as: pairs, polygons, simplices."""

import numpy as np

APART = 0.15  # cosine up to which two encodings do not see each other
CLOSE = 0.1  # of cosines, to those of a shape
MOST = 32  # features that are looked at as a shape
FLAT = 0.05  # share of the squares of encodings at length 1 that may lie outside a plane
NAMES = {3: "triangle", 5: "pentagon", 6: "hexagon", 7: "heptagon", 8: "octagon"}


def shapes(cosines: np.ndarray, alive: np.ndarray) -> np.ndarray:
    """Name what each feature is part of, with those that it is not orthogonal to.

    Parameters
    ----------
    cosines : ndarray, shape (feature, other)
    alive : ndarray of bool, shape (feature,)

    Returns
    -------
    ndarray of str, shape (feature,)
        "alone", "pair" (antipodal), "triangle", "tetrahedron" or "simplex of k", "pentagon" and other regular
        polygons, "other", and "dead".
    """
    named, left = np.full(alive.size, "dead", dtype="U16"), alive.copy()
    while left.any():
        members = _linked(cosines, left)
        left[members] = False
        few = len(members) <= MOST
        named[members] = _shape(cosines[np.ix_(members, members)].astype(float)) if few else "other"
    return named


def _linked(cosines: np.ndarray, left: np.ndarray) -> np.ndarray:
    """Return the first of the features that are left, and all with whom it hangs together."""
    group, new = np.zeros_like(left), np.flatnonzero(left)[:1]
    while new.size:
        group[new] = True
        seen = np.zeros_like(left)
        for feature in new:
            seen |= np.abs(cosines[feature]) > APART
        new = np.flatnonzero(seen & left & ~group)
    return np.flatnonzero(group)


def _shape(cosines: np.ndarray) -> str:
    count = len(cosines)
    if count == 1:
        return "alone"
    others = cosines[~np.eye(count, dtype=bool)]
    if (np.abs(others + 1 / (count - 1)) < CLOSE).all():
        return {2: "pair", 3: "triangle", 4: "tetrahedron"}.get(count, f"simplex of {count}")
    return _polygon(cosines)


def _polygon(cosines: np.ndarray) -> str:
    count = len(cosines)
    values, vectors = np.linalg.eigh(cosines)
    if values[:-2].sum() > FLAT * count:
        return "other"
    angles = np.sort(np.arctan2(*(vectors[:, -2:] * np.sqrt(np.maximum(values[-2:], 0))).T))
    steps = np.diff(np.append(angles, angles[0] + 2 * np.pi))
    regular = np.abs(steps - 2 * np.pi / count).max() < CLOSE * 2 * np.pi / count
    return NAMES.get(count, f"polygon of {count}") if regular else "other"
