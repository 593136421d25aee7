"""Numbers that were found, and how texts name them: ``{kept.last}`` at ``m = {kept.last[m]}``."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from validation.experiments.experiment import Band, Quantity, Setting
from validation.experiments.labels import value_of
from validation.report.statistics import Estimate


class UnmeasuredError(LookupError):
    """What is to be said needs settings that have not been run."""


@dataclass(frozen=True)
class Row:
    """One quantity in one setting: what was measured and, where theory speaks, predicted of it.

    Roughly so if there is a `band`; `where` says the setting in words, but for who measured, and how often.
    """

    name: str
    quantity: Quantity
    setting: Setting
    estimate: Estimate
    predicted: float | None
    band: Band | None
    where: str

    @property
    def source(self) -> str:
        """Where it was measured: "simulation" or "training"."""
        return str(self.setting.get("source", self.quantity.source))

    @property
    def side(self) -> str:
        """On which side of the prediction the measurement is: "above", "below" or "not decided"."""
        if self.predicted is None:
            return ""
        below, above = self.estimate.high < self.predicted, self.estimate.low > self.predicted
        return "below" if below else "above" if above else "not decided"

    @property
    def agrees(self) -> bool:
        """Whether the prediction lies in the interval of the measurement."""
        return self.side in ("", "not decided")

    @property
    def ratio(self) -> Estimate:
        """Measured over predicted; where nothing or 0 is predicted, what was measured."""
        if not self.predicted:
            return self.estimate
        return self.estimate.scaled(1 / self.predicted)

    @property
    def as_expected(self) -> bool:
        """Whether the measurement is where it is expected: its interval meets the prediction, or its band."""
        if self.band is None:
            return self.agrees
        return bool(self.ratio.low <= self.band.high and self.ratio.high >= self.band.low)

    @property
    def more(self) -> str:
        """Whether it is more than nothing: "more", "less" or "not decidedly more or less"."""
        less, more = self.estimate.high < 0, self.estimate.low > 0
        return "less" if less else "more" if more else "not decidedly more or less"

    def __format__(self, form: str) -> str:
        return format(self.estimate, form)

    def __getitem__(self, name: str) -> Any:
        return value_of(name, self.setting)


def _share(test: Callable[[Row], bool]) -> Callable[[list[Row]], str]:
    return lambda rows: f"{sum(map(test, rows))} of {len(rows)}"


PICKS: dict[str, Callable[[list[Row]], Any]] = {
    "first": lambda rows: rows[0],
    "last": lambda rows: rows[-1],
    "least": lambda rows: min(rows, key=lambda row: row.estimate.value),
    "most": lambda rows: max(rows, key=lambda row: row.estimate.value),
    "strongest": lambda rows: max(rows, key=lambda row: abs(row.estimate.value)),
    "agreeing": _share(lambda row: row.agrees),
    "above": _share(lambda row: row.side == "above"),
    "below": _share(lambda row: row.side == "below"),
    "positive": _share(lambda row: row.estimate.low > 0),
    "negative": _share(lambda row: row.estimate.high < 0),
    "flow": lambda rows: Rows(row for row in rows if row.source == "simulation"),
    "trained": lambda rows: Rows(row for row in rows if row.source == "training"),
    "predicted": lambda rows: Rows(row for row in rows if row.predicted is not None),
}


class Rows(list[Row]):
    """Rows of one quantity, of which attributes say something or pick some, as `PICKS` names them.

    With text as index, ``[m=64]`` or ``[law=signs,std=0.1]``, those with such settings.
    """

    def __getattr__(self, name: str) -> Any:
        if name not in PICKS:
            raise AttributeError(name)
        if not self:
            raise UnmeasuredError(name)
        return PICKS[name](self)

    def __getitem__(self, key: Any) -> Any:
        if not isinstance(key, str):
            return super().__getitem__(key)
        wanted = [condition.split("=") for condition in key.split(",")]
        return Rows(row for row in self if all(str(row[name]) == value for name, value in wanted))
