"""Predictions for programs outside: asked of processes of their own, kept for a while (decision 0115)."""
