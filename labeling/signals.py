"""What labeling announces. Sent after commit; learning listens, labeling does not know it."""

from django.dispatch import Signal

#: kwargs: project_id
answer_recorded = Signal()
#: kwargs: project_id; answers count otherwise: an item was set aside, a person put in quarantine, gold came or went
answers_changed = Signal()
#: kwargs: project_id
items_imported = Signal()
#: kwargs: project_id
labels_changed = Signal()
#: kwargs: project_id; a setting changed by which what was answered is learned from
training_settings_changed = Signal()
#: kwargs: project_id; it went to production mode, or what it promises there was changed
production_promised = Signal()
#: kwargs: project_id; rows are gone, what is left of a project outside the database may go too
project_deleted = Signal()
