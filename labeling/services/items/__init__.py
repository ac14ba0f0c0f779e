"""Items and contexts taken out and put back, and their pictures."""
