# make demo   sets everything up and runs the whole chain on the phantom patient
# make test   installs the test tools and runs every test
# make lint   style, types and layers
# make docs   writes docs/features.md, and the tables of docs/grading.md, from the code
PYTHON ?= python3
VENV ?= .venv
# The CPU build where the package index has one; TORCH="torch>=2.2" takes the index's own choice (on Linux with CUDA).
TORCH ?= torch==2.13.0
BIN = $(VENV)/bin

.PHONY: demo test browser lint format docs cmake clean

demo: $(VENV)/.installed
	$(BIN)/glioma-radiomics demo --out demo-output

test: $(VENV)/.installed-test browser
	OMP_NUM_THREADS=2 $(BIN)/python -m pytest

# Best effort: the tests of the browser app are skipped, loudly, where there is no Chromium.
browser:
	@command -v chromedriver >/dev/null 2>&1 || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1 && \
	  { apt-get update -qq; DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
	  chromium chromium-driver; } >/dev/null 2>&1; } || echo "no Chromium: tests of the browser app will be skipped"

lint: $(VENV)/.installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.installed-test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(VENV)/.installed
	$(BIN)/python -m GliomaRadiomicsLib.radiomics.documentation docs/features.md
	$(BIN)/python -m GliomaRadiomicsLib.systems.image_grading.documentation docs/grading.md

cmake:
	$(PYTHON) Testing/Architecture/update_cmake.py

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip

$(VENV)/.torch: | $(BIN)/python
	$(BIN)/python -m pip install --quiet $(TORCH)
	touch $@

$(VENV)/.installed: pyproject.toml | $(VENV)/.torch
	$(BIN)/python -m pip install --quiet -e ".[scene]"
	touch $@

$(VENV)/.installed-test: pyproject.toml | $(VENV)/.torch
	$(BIN)/python -m pip install --quiet -e ".[test]"
	touch $@ $(VENV)/.installed

clean:
	rm -rf $(VENV) build *.egg-info demo-output
