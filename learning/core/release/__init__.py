"""A new version meets traffic: who gets whose answer, what is proven of the two, and what is out at once."""
