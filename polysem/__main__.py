"""``python -m polysem`` is the command ``polysem``."""

from validation.cli import main

main()
