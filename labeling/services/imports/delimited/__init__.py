"""Tables written as text: which style a file is written in, its records read strictly, its header and its numbers."""
