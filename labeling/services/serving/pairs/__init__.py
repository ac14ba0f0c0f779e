"""Which pair comes next for one person: given, drawn, gold, repeats and the head of the queue."""
