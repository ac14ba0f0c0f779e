from django.apps import AppConfig


class LabelingConfig(AppConfig):
    """What people do: projects, items, tasks, annotations, exports."""

    name = "labeling"
