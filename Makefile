# Everything here can be repeated; `make run` and `make test` install what they need.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Data beside the repository, for the tests that use real rows; they skip without it.
ifneq ($(wildcard ../shared/data),)
export SEEDWRIGHT_DATA ?= $(abspath ../shared/data)
endif
export HF_HUB_OFFLINE ?= 1
export RAY_USAGE_STATS_ENABLED ?= 0
# Modules are compiled when they are first imported, and kept: most of what is installed never is.
export PYTHONDONTWRITEBYTECODE :=

# Side by side, torch's threads would wait for each other by turning; one each, which sleeps, takes less.
test test-fast drill: export OMP_NUM_THREADS ?= 1
test test-fast drill: export OMP_WAIT_POLICY ?= PASSIVE

# Three at once, for many tests wait for a server; two where each starts processes of its own.
SIDE_BY_SIDE := --dist loadfile --no-loadscope-reorder -n
# The files with tests of a mark: to import the others takes each process ten seconds.
marked = $(shell grep -rlE 'mark\.$(1)\b' tests --include 'test_*.py')

.PHONY: install run test test-fast drill proof check clean

install: $(VENV)/.installed

$(VENV)/.installed: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --no-compile --disable-pip-version-check -c constraints.txt -e '.[dev]'
	$(BIN)/python -m pipeline.curate.warm
	touch $@

run: install
	$(BIN)/seedwright run contracts --out runs/contracts

test: install
	$(BIN)/python -m pytest tests -m 'not ray and not drill' $(SIDE_BY_SIDE) 3
	$(BIN)/python -m pytest $(call marked,ray) -m 'ray and not drill and not proof' $(SIDE_BY_SIDE) 2

drill: install
	$(BIN)/python -m pytest $(call marked,drill) -m drill $(SIDE_BY_SIDE) 2

# What ships, run whole: is the student really better? Some five minutes, which the tests of every change do not take.
proof: install
	$(BIN)/python -m pytest $(call marked,proof) -m proof

# Half a minute: without the rooms that import torch or Ray, the built-in teacher's own tests, and files that are slow as a whole.
test-fast: install
	$(BIN)/python -m pytest tests -m 'not ray and not slow' $(SIDE_BY_SIDE) 2 \
	  $(patsubst %,--ignore tests/%,cluster pipeline/finetune pipeline/embedding) \
	  --ignore-glob 'tests/pipeline/teacher/test_simulated_*' \
	  $(addprefix --ignore ,$(shell grep -rlE '^pytestmark.*mark\.(slow|ray)\b' tests --include 'test_*.py'))

check: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

clean:
	rm -rf $(VENV) build *.egg-info
