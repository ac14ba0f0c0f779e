"""What a model is worth: numbers on held-out truth, each with an interval, beside baselines, compared in pairs."""
