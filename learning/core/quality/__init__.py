"""How far people and their answers can be trusted, told from the answers alone.

``gold_test`` watches one person's answers to gold questions, as they come in; ``suspected_errors`` orders answers by
how little models that have not learned them believe them.
"""
