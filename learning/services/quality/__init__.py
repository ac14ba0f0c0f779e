"""What people do about answers that are doubted."""
