from .corners import Polygon, polygons, regular_polygon
from .correlation import correlation_boundary, together_loss
from .critical import directions, newton
from .expected import expected_loss, gradient, gradient_error, hessian, loss_error
from .geometry import capacity, dimensionality, dimensions_per_feature
from .model import Superposition
from .phases import alone_loss, pair_loss, phase_boundary

__all__ = [
    "Polygon",
    "Superposition",
    "alone_loss",
    "capacity",
    "correlation_boundary",
    "dimensionality",
    "dimensions_per_feature",
    "directions",
    "expected_loss",
    "gradient",
    "gradient_error",
    "hessian",
    "loss_error",
    "newton",
    "pair_loss",
    "phase_boundary",
    "polygons",
    "regular_polygon",
    "together_loss",
]
