from django.apps import AppConfig


class LearningConfig(AppConfig):
    """What the machine does: features, runs, model versions, rankings."""

    name = "learning"

    def ready(self) -> None:
        from learning import families, listeners  # noqa: PLC0415  # models are not loaded before this
        from learning.families.pairwise import export_rows  # noqa: PLC0415
        from learning.selectors import stored_files, verdicts  # noqa: PLC0415
        from learning.services import retention, setting_names  # noqa: PLC0415
        from learning.services.features import backbone  # noqa: PLC0415

        families.register()
        listeners.connect()
        backbone.register()
        setting_names.register()
        export_rows.connect()
        verdicts.connect()
        stored_files.connect()
        retention.connect()
