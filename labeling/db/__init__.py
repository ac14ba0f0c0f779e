"""Infrastructure below the services: prepared statements, bulk inserts, raw rows. Knows models only."""
