"""Statistics over all of a project, for those who look: made at once where that is little, else by a worker and told
with their time (decision 0127).

``base`` says what a report is, ``stored`` tells one and has it made; ``named`` are those of this application, learning
brings its own (``Extensions.reports``). ``answer_counts`` moves on what is exact at every moment.
"""
