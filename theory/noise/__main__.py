"""``python -m theory.noise`` prints the derivations of this chapter and verifies each step."""

from theory.derivation.script import main

main("noise")
