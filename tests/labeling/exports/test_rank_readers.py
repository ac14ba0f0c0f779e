"""Rankings, judged files and runs in the tools they are written for: LightGBM, XGBoost, pytrec_eval, ir_measures."""
