"""How many made-up inputs a test tries, and what became of all that were tried.

A run of the suite tries the same ones each time. With ``POLYSEM_FUZZ=20000`` each test tries so many new
ones; `tests.bad_input.campaign` does for as long as one likes. What is found is tried again first.
"""

import os
from collections import Counter

from hypothesis import HealthCheck, settings

EXAMPLES = int(os.environ.get("POLYSEM_FUZZ") or 0)
TRIED: Counter[tuple[str, bool]] = Counter()  # by kind, and whether it was refused in one line


def examples(number):
    """Return settings of Hypothesis for so many examples."""
    return settings(
        max_examples=EXAMPLES or number,
        derandomize=not EXAMPLES,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
        print_blob=True,
    )
