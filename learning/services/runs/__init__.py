"""Runs as people and the policy see them: when one is due, its steps, its environment, the lost ones."""
