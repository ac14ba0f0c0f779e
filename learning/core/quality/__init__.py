"""How far people can be trusted, told from their answers alone.

``gold_test`` watches the answers of one person to gold questions, as they come in.
"""
