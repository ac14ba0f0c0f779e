"""One run, whatever the family: step by step, and again for proof."""
