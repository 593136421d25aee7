"""``python -m theory.two_layer`` prints the derivations of this chapter and verifies each step."""

from theory.derivation.script import main

main("two_layer")
