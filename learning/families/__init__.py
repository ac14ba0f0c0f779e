"""How answers are learned: one package a family. A kind says which one learns it."""
