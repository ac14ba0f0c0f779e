"""Trouble from outside that passes: told from faults, and waited for."""
