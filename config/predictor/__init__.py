"""The processes that answer predictions: gunicorn once more, with models in the place of pages (decision 0115)."""
