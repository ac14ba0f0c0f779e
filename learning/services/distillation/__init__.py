"""Small models taught by large ones: asked for, taught, judged."""
