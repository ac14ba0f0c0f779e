"""What a record becomes before it is stored: values in one spelling, rows with their limits and fingerprints."""
