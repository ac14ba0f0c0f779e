"""Files of rows that the model answers in the background (decision 0126)."""
