"""How people come into a project, and how much they are asked there."""
