from django.apps import AppConfig


class LabelingConfig(AppConfig):
    """What people do: projects, items, tasks, annotations, exports."""

    name = "labeling"

    def ready(self) -> None:
        from labeling.services.accounts import events as account_events  # noqa: PLC0415  # models are not loaded before this

        account_events.connect()
