import sim as sim
import theory as theory
import validation as validation
from sim import *  # noqa: F403
from theory import *  # noqa: F403
from validation import *  # noqa: F403

ROOMS: tuple[str, ...]
__version__: str
