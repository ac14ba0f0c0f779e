"""What labeling announces. Sent after commit; learning listens, labeling does not know it."""

from django.dispatch import Signal

#: kwargs: project_id
answer_recorded = Signal()
#: kwargs: project_id
items_imported = Signal()
#: kwargs: project_id
labels_changed = Signal()
