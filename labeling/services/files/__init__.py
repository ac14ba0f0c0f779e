"""Files in the default storage, and snapshots' blocks that can be read from any place."""
