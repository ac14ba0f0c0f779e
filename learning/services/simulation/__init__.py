"""A labeled file replayed as if people answered it."""
