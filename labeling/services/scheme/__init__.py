"""The label scheme of a project as versions (decision 0089): who changed what, when and why, and how it is undone.

``versions`` writes them down; ``merge``, ``split``, ``words`` (retire, describe) and ``undo`` make them; ``relabel``
carries to the items what a split or its undo means for them.
"""
