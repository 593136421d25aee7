"""Print the derivations of this chapter and verify each step."""

from theory import catalogue
from theory.derivation import script

script(catalogue.chapter("interference"))
