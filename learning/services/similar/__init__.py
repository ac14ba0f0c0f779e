"""The items most like an item, a text or a picture, by their features (decision 0109)."""
