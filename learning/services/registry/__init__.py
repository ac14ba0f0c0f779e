"""Model versions: their files, the gate, promotion and rollback."""
