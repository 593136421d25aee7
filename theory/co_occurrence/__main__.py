"""``python -m theory.co_occurrence`` prints the derivations of this chapter and verifies each step."""

from theory.derivation.script import main

main("co_occurrence")
