"""``python -m theory.co_occurrence`` prints the derivations of this chapter and verifies each step."""

from theory import catalogue
from theory.derivation.script import main

main("co_occurrence", catalogue.chapter("co_occurrence"))
