"""Pairwise projects: judgments in, a ranking with its standard errors, an audit and the next pairs out."""
