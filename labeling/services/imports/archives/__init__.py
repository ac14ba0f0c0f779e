"""Files inside an uploaded archive: what they are called, and which of them a row means."""
