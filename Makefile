# Querent: make run | test | check | bench. Needs Python 3.11 or newer, make and git; nothing here needs root.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV   ?= .venv
BIN    := $(VENV)/bin
PROCESSES ?= 3

.PHONY: run test check types style contracts settings format bench pins chromium nginx runtime dev clean

# Checks and tests start hundreds of processes. Without byte code (nothing compiles at install, and machines that build often set
# PYTHONDONTWRITEBYTECODE) each compiles all it imports anew: two of its three seconds.
test check types style contracts settings: export PYTHONDONTWRITEBYTECODE :=
test check types style contracts settings: export PYTHONPYCACHEPREFIX := $(abspath $(VENV))/bytecode

## installs what is needed, prepares the data and starts everything; again: up in seconds
run: runtime
	@exec $(BIN)/python manage.py up

## the whole suite: SQLite, then what must hold under concurrency again on PostgreSQL. One process more than CI has cores: a third
## of the time a test waits for a server, a worker or a browser
test: dev chromium nginx
	@export CHROMIUM="$$($(MAKE) -s --no-print-directory chromium)" OMP_NUM_THREADS=1 && set -x && \
	$(BIN)/python -m pytest -n $(PROCESSES) --durations=40 $(ARGS) && \
	$(BIN)/python -m tests.postgres -- $(BIN)/python -m pytest -m "both_databases and not draws" -n $(PROCESSES)

## style, types, one-way imports, migrations, the client's models, deployment settings: two at a time, mypy takes as long as the rest
check: dev
	@$(MAKE) --no-print-directory --jobs 2 --output-sync types style contracts settings

types:
	$(BIN)/mypy

style:
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

contracts:
	$(BIN)/lint-imports --no-logo

settings:
	@home="$$(mktemp -d)"; trap 'rm -rf "$$home"' EXIT; set -ex; export QUERENT_HOME="$$home"; \
	$(BIN)/python manage.py makemigrations --check --dry-run; \
	$(BIN)/python clients/python/generate_models.py --check; \
	HTTPS=1 HOST=0.0.0.0 ALLOWED_HOSTS=label.example.org $(BIN)/python manage.py check --deploy --fail-level WARNING

format: dev
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

## every measured claim: the scripts that benchmarks/README.md lists, or BENCH="serving startup"
bench: dev chromium
	@export CHROMIUM="$$(command -v chromium || $(MAKE) -s --no-print-directory chromium)"; \
	for name in $(or $(BENCH),$(shell sed -n 's/^| `\([a-z_]*\)`.*/\1/p' benchmarks/README.md)); do \
	  echo "== $$name"; $(BIN)/python -m benchmarks.$$name || exit 1; done

## writes constraints.txt anew from what is installed, after a requirement was changed
pins: dev
	@{ sed '/^$$/q' constraints.txt; $(BIN)/pip freeze --disable-pip-version-check --exclude-editable; } > constraints.new
	@mv constraints.new constraints.txt && echo "constraints.txt: $$(grep -c == constraints.txt) packages"

# The environment is complete when the stamp holds the hash of what it was made from. Without byte code at install: it is
# written when a module is first used, and most never are. What big libraries bring for their own tests, and the parts of Arrow
# that talk to other servers, are taken out again (docs/decisions): a seventh of the environment.
runtime:
	@$(call environment,runtime,requirements.txt)

dev: runtime
	@$(call environment,dev,requirements-dev.txt)
	@$(call environment,bare,requirements-bare.txt,--no-deps --upgrade --target $(VENV)/bare)

define environment
	set -e; \
	want="$$(cat $(2) requirements.txt constraints.txt | sha256sum | cut -c1-64)"; \
	if [ "$$(cat $(VENV)/$(1).stamp 2>/dev/null)" = "$$want" ]; then exit 0; fi; \
	"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Querent needs Python 3.11 or newer; PYTHON=/path/to/python3.11 make $@"; exit 1; }; \
	"$(PYTHON)" -c 'import venv, ensurepip' 2>/dev/null \
	  || { echo "This Python cannot make environments; on Debian: apt-get install python3-venv"; exit 1; }; \
	[ -x $(BIN)/pip ] || { echo "Making $(VENV)"; "$(PYTHON)" -m venv $(VENV); }; \
	echo "Installing $(2) (once; needs the network)"; \
	{ $(BIN)/pip install --disable-pip-version-check --no-compile --progress-bar off $(3) -r $(2) -c constraints.txt; \
	  echo "$$?" > $(VENV)/pip.status; } | sed -u -n -e 's/^Collecting \([^ ]*\).*/  \1/p' -e 's/^Installing collected.*/Installing/p'; \
	[ "$$(cat $(VENV)/pip.status)" = 0 ] || { echo "Installing failed: see above"; exit 1; }; \
	$(prune); \
	echo "$$want" > $(VENV)/$(1).stamp
endef

define prune
	site="$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("platlib"))')"; \
	find "$$site"/numpy "$$site"/scipy "$$site"/sklearn "$$site"/pyarrow -type d -name tests -prune -exec rm -rf {} +; \
	(cd "$$site"/pyarrow && rm -rf include *flight* *_s3*)
endef

# prints the browser of the browser tests; as root it may install Debian's. The one without windows is the same browser and the
# same version: to draw windows that nobody sees was most of what the other one computed
chromium:
	@found() { for name in "$$@"; do if [ -n "$$name" ] && command -v "$$name"; then exit 0; fi; done; }; \
	install() { if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$$1"; fi >&2; }; \
	found "$$CHROMIUM" chromium-headless-shell; \
	install chromium-headless-shell; \
	found chromium-headless-shell chromium chromium-browser google-chrome; \
	install chromium; \
	found chromium; \
	echo "The browser tests need Chromium. On Debian: apt-get install chromium; or CHROMIUM=/path/to/chrome make test" >&2; exit 1

# the proxy of the guide is tried with a real one; as root it may be installed, else its tests say why they are left out. After
# the browser, since two cannot install at once
nginx: chromium
	@if ! command -v nginx >/dev/null && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends nginx-light; } >&2; fi; \
	command -v nginx >/dev/null || echo "Without nginx the guide's proxy is not tested. On Debian: apt-get install nginx-light" >&2

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .import_linter_cache .hypothesis
