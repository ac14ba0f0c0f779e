"""Machines of a project and what they predict."""
