"""What services raise when a caller asks for what cannot be, and checks of single values."""
