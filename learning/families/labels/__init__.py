"""Labels of items: classification and multi-label."""
