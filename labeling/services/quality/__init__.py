"""The quality of people: quarantine."""
