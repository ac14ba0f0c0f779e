from django.apps import AppConfig


class LearningConfig(AppConfig):
    """What the machine does: features, runs, model versions, rankings."""

    name = "learning"

    def ready(self) -> None:
        from labeling.extensions import install  # noqa: PLC0415  # models are not loaded before this
        from learning import families, listeners  # noqa: PLC0415
        from learning.extensions import extensions  # noqa: PLC0415
        from learning.services.features import backbone  # noqa: PLC0415

        families.register()
        listeners.connect()
        backbone.register()
        install(extensions())
