"""Settings. One file; what differs between machines comes from the environment (see README)."""

import sys
from typing import Any

from csp.constants import NONE, SELF

from config.environment import (
    BASE_DIR,
    allowed_hosts,
    broker_url,
    databases,
    env,
    hsts_reach,
    picture_network,
    predictor_address,
    querent_home,
    rate,
    secret_key,
    spool_folder,
    switch,
    three_numbers,
    whole_number,
)

QUERENT_HOME = querent_home()
SECRET_KEY = secret_key(QUERENT_HOME)
DEBUG = switch("DEBUG")
ALLOWED_HOSTS = allowed_hosts()
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

INSTALLED_APPS = [
    "config",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "config.staticfiles.ServedFilesConfig",
    "django.contrib.humanize",
    "axes",
    "csp",
    "django_htmx",
    "django_filters",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "labeling",
    "learning",
]

MIDDLEWARE = [
    "config.health.HealthMiddleware",
    "config.client_address.ClientAddressMiddleware",
    "config.access_log.AccessLogMiddleware",
    "config.lean_calls.LeanCallsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "labeling.api.caching.PrivateByDefault",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.content_policy.ContentPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "labeling.pages.navigation.navigation",
            ],
            "libraries": {
                "people": "labeling.pages.person_tags",
                "numbers": "labeling.pages.number_tags",
                "intervals": "learning.pages.intervals",
                "releases": "learning.pages.release_tags",
            },
        },
    }
]

DATABASES = databases(QUERENT_HOME)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# accounts
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "labeling.services.accounts.sign_in.passwords.NotLikeTheName"},
    {"NAME": "labeling.services.accounts.sign_in.passwords.EnoughCharacters"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
# django-axes asks before a password is looked at and says 429; what it counts is ours (decision 0036)
AXES_HANDLER = "labeling.services.accounts.sign_in.axes_handler.SignInHandler"
AXES_LOCKOUT_CALLABLE = "labeling.pages.account.locked_out"
AXES_CLIENT_IP_CALLABLE = "config.client_address.of_request"  # whatever else is installed, never a header
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
SIGN_IN_ATTEMPTS = whole_number("SIGN_IN_ATTEMPTS", 10, low=3, high=1000)
PASSWORD_RESET_TIMEOUT = 24 * 60 * 60  # what the page of a link for a new password says
AUTH_USER_MODEL = "labeling.User"
LOGIN_URL = "pages:sign-in"
LOGIN_REDIRECT_URL = "pages:projects"
LOGOUT_REDIRECT_URL = "pages:sign-in"
SESSION_ENGINE = "labeling.services.accounts.session_store"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 14

AUTH_THROTTLE = rate("AUTH_THROTTLE", "10/min")
TRUSTED_PROXIES = whole_number("TRUSTED_PROXIES", 0, high=10)  # X-Forwarded-For is what anybody says

# transport security: on when the site is reached over TLS (HTTPS=1), as any deployment beyond loopback should be
HTTPS = switch("HTTPS")
SECURE_SSL_REDIRECT = HTTPS
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
# HSTS for this name alone; what it says about its neighbours is for whoever owns the domain to ask for
SECURE_HSTS_SECONDS = whole_number("HSTS_SECONDS", 60 * 60 * 24 * 365) if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS, SECURE_HSTS_PRELOAD = hsts_reach(SECURE_HSTS_SECONDS)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# language and time
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

# static and stored files
STATIC_URL = "/static/"
STATIC_ROOT = QUERENT_HOME / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES: dict[str, dict[str, Any]] = {
    # originals, previews, uploads, snapshots, feature shards, model files: never served by the web server itself
    "default": {
        "BACKEND": env.str("FILE_STORAGE", default="django.core.files.storage.FileSystemStorage"),
        "OPTIONS": env.json("FILE_STORAGE_OPTIONS", default={"location": str(QUERENT_HOME / "files")}),
    },
    "staticfiles": {"BACKEND": "config.staticfiles.ManifestStorage"},
}
MEDIA_URL = ""
WHITENOISE_MAX_AGE = 60
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
#: On this machine, of feature files that lie in an object store.
FEATURE_CACHE_MB = whole_number("FEATURE_CACHE_MB", 10_000, high=10_000_000)
FILE_UPLOAD_TEMP_DIR = spool_folder(QUERENT_HOME)
DATA_UPLOAD_MAX_MEMORY_SIZE = 16 * 1024 * 1024

# limits of an import; beyond the first the answer is 413, beyond the others the file or row is refused with the reason
IMAGE_ENCODER_ONNX, IMAGE_ENCODER_SHA256 = picture_network()
IMAGE_ENCODER_CENTRE = three_numbers("IMAGE_ENCODER_CENTRE", 127.0)
IMAGE_ENCODER_SCALE = three_numbers("IMAGE_ENCODER_SCALE", 128.0, above=0.0)
IMPORT_MAX_BYTES = whole_number("IMPORT_MAX_BYTES", 2 * 1024**3)
IMPORT_MAX_ROWS = whole_number("IMPORT_MAX_ROWS", 5_000_000)
IMPORT_MAX_CELL_BYTES = whole_number("IMPORT_MAX_CELL_BYTES", 1024 * 1024)
IMPORT_MAX_IMAGE_PIXELS = whole_number("IMPORT_MAX_IMAGE_PIXELS", 80_000_000)
IMPORT_MAX_IMAGE_BYTES = whole_number("IMPORT_MAX_IMAGE_BYTES", 64 * 1024**2)
IMPORT_MAX_ZIP_FILES = whole_number("IMPORT_MAX_ZIP_FILES", 200_000)
IMPORT_MAX_ZIP_EXPANDED_BYTES = whole_number("IMPORT_MAX_ZIP_EXPANDED_BYTES", 20 * 1024**3)

# predictions: by processes of their own; how many requests of one web process wait for them, and how long
PREDICTOR_ADDRESS = predictor_address(QUERENT_HOME)
PREDICT_IN_FLIGHT = whole_number("PREDICT_IN_FLIGHT", 4, low=1, high=64)
PREDICT_TIMEOUT_S = whole_number("PREDICT_TIMEOUT_S", 30, low=1, high=600)
PREDICT_MAX_BYTES = whole_number("PREDICT_MAX_BYTES", 256 * 1024**2, low=1024)
PREDICTOR_CACHE_BYTES = 1024**2 * whole_number("PREDICTOR_CACHE_MB", 256, low=16)
# about how long a worker times the predictions of a new model; 0: only where a project limits what they may take
PREDICTION_COST_MS = whole_number("PREDICTION_COST_MS", 600, low=0, high=60_000)
DATA_UPLOAD_MAX_NUMBER_FILES = 1000  # pictures of one request for predictions; forms of pages send one

# what housekeeping keeps (decision 0043)
RETAIN_MODELS = whole_number("RETAIN_MODELS", 10, low=5)  # a run compares with the few before it
RETAIN_CHAMPIONS = whole_number("RETAIN_CHAMPIONS", 5, low=2)
RETAIN_REJECTIONS_DAYS = whole_number("RETAIN_REJECTIONS_DAYS", 90, low=1)
RETAIN_PREDICTIONS_DAYS = whole_number("RETAIN_PREDICTIONS_DAYS", 30, low=1)
RETAIN_SIGN_INS_DAYS = whole_number("RETAIN_SIGN_INS_DAYS", 90, low=1)

# REST
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "labeling.api.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated", "labeling.api.scopes.TokenScope"],
    "DEFAULT_RENDERER_CLASSES": ["labeling.api.renderers.OrjsonRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "labeling.api.negotiation.OneRenderer",
    "DEFAULT_PARSER_CLASSES": ["labeling.api.parsers.LimitedJSONParser"],
    "DEFAULT_PAGINATION_CLASS": "labeling.api.pagination.CursorPagination",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "labeling.api.scope_schema.ScopedSchema",
    "NUM_PROXIES": 0,  # REMOTE_ADDR is right already (config.client_address)
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "EXCEPTION_HANDLER": "labeling.api.exceptions.handle",
    "URL_FORMAT_OVERRIDE": None,  # ?format= names the file format of an export
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Querent",
    "DESCRIPTION": "Active-learning labeling: projects, tasks, annotations, models, labeled data with provenance.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"deepLinking": False},  # its links stand inside buttons
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "ModelStatusEnum": "learning.models.model_version.Status",
        "JobStateEnum": "labeling.models.job_record.JobState",
        "KindEnum": "labeling.api.serializers.KIND_CHOICES",
        "AlertKindEnum": "learning.models.alert.AlertKind",
        "ItemStatusEnum": "labeling.models.item.ItemStatus",
        "ReleaseStateEnum": "learning.models.release.ReleaseState",
        "ReleaseModeEnum": "learning.models.release.ReleaseMode",
        "ImportFormatEnum": "labeling.models.import_batch.ImportFormat",
        "ExportFormatEnum": "labeling.api.serializers.EXPORT_FORMATS",
        "InvitationStateEnum": "labeling.models.invitation.STATES",
        "ReviewSortEnum": "labeling.models.review_decision.ReviewSort",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "labeling.api.schema.describe_errors",
    ],
}

# jobs: the database is the truth, the broker a wake-up call (decision 0003)
CELERY_BROKER_URL = broker_url(QUERENT_HOME)
CELERY_RESULT_BACKEND = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# a job goes on while the broker is away: its message comes again and finds the row taken
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_WORKER_PROC_ALIVE_TIMEOUT = 120.0  # a new process that is not up in time is killed; by default after 4 s
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 1024 * whole_number("WORKER_MAX_MEMORY_MB", 0, high=2**20)  # asked after jobs
#: Without it, so much above what their parent had when it had loaded all: a new process is a copy, and ready at once
WORKER_MAY_GROW_MB = 0 if env.str("WORKER_MAX_MEMORY_MB", default="") else 32
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # a worker outlives any pause of its broker
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,
    "unacked_restore_interval": 2,
    "unacked_restore_throttle": 1,
    "socket_keepalive": True,
}
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0, "interval_step": 0.1, "interval_max": 0.2}
CELERY_WORKER_HIJACK_ROOT_LOGGER = False

LOG_LEVEL = env.str("LOG_LEVEL", default="INFO")
#: An access line a request, but where a person looks on: there it would push away what they are told
ACCESS_LOG = switch("ACCESS_LOG", default=not sys.stderr.isatty())
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "config.logs.OneLine"}, "json": {"()": "config.logs.OneObject"}},
    "filters": {"refusals": {"()": "config.logs.Refusals"}},
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": "json" if switch("LOG_JSON") else "line",
            "filters": ["refusals"],
        }
    },
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "labeling": {"level": LOG_LEVEL},
        "learning": {"level": LOG_LEVEL},
        "config": {"level": LOG_LEVEL},
        "config.access": {"level": "INFO"},
        "celery": {"level": "INFO"},
        **{name: {"level": "WARNING"} for name in ("celery.worker.strategy", "celery.app.trace")},
    },
}
SILENCED_SYSTEM_CHECKS = [
    "security.W005",  # HSTS for subdomains and
    "security.W021",  # preloading bind hosts that are not ours: only where they are asked for
    *env.list("SILENCED_SYSTEM_CHECKS", default=[]),
]
