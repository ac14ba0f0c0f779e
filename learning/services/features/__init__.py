"""Contents of items to rows of numbers: encoders, their versions, shards, the matrix they make."""
