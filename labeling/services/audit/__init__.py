"""The append-only trail: who changed what, when and from where."""
