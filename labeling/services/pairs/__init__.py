"""Pairs: which two items are put side by side, to whom, and why."""
