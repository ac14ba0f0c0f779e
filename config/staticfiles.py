"""Static files: what is served, under names that hold a hash of the content, in ES module imports too."""

from django.contrib.staticfiles.apps import StaticFilesConfig
from whitenoise.storage import CompressedManifestStaticFilesStorage


class ManifestStorage(CompressedManifestStaticFilesStorage):
    support_js_module_import_aggregation = True
    # our own modules alone: looking through megabytes of other people's scripts for imports was most of the work
    _js_module_import_aggregation_patterns = (
        "js/*.js",
        CompressedManifestStaticFilesStorage._js_module_import_aggregation_patterns[1],
    )
    # source maps are not served (below), so what names them is left as it is
    patterns = tuple(
        (extension, tuple(pattern for pattern in patterns if "sourceMappingURL" not in str(pattern)))
        for extension, patterns in CompressedManifestStaticFilesStorage.patterns
        if extension != "*.js"  # of which source maps are all
    )


class ServedFilesConfig(StaticFilesConfig):
    """Leaves out what no page asks for: source maps, ReDoc and the pages of DRF, a second htmx."""

    ignore_patterns = [*StaticFilesConfig.ignore_patterns, "*.map", "redoc", "rest_framework", "django_htmx"]
