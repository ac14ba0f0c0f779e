from django.apps import AppConfig


class DeploymentConfig(AppConfig):
    """The deployment: the ``up`` command and the checks of how Querent is run."""

    name = "config"
    verbose_name = "Deployment"

    def ready(self) -> None:
        from config import checks, name_lengths  # noqa: F401, PLC0415 - importing registers them; they need loaded apps
