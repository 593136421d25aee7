"""Workers that all tests of sweeps share: a pool takes seconds to start."""

import pytest

from validation.sweeps.engine import Pool


@pytest.fixture(scope="package")
def pool():
    pool = Pool(2)
    yield pool
    pool.close()
