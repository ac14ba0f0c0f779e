"""What reviewers decide about items: recorded, undone, and the queue of what waits for them (decision 0086).

``decide`` and ``undo`` write one decision, ``bulk`` those of many items at once. A decided answer is an annotation with
the source *review*, which ``consensus/`` takes before everything else; ``decided_answer`` is the only place that writes
one. ``comments`` has what is said about an item.
"""
