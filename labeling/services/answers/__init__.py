"""Answers: recorded, revised, taken back, skipped."""
