.PHONY: demo test lint format bench tiny

# Each target makes .venv first if it is missing or older than what it is made from.
PYTHON ?= python3
BIN := .venv/bin

demo: .venv/ready
	$(BIN)/dfer demo

# A process per core, one thread each: twice as fast as torch's threads on one test after another.
test: .venv/ready
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses auto --dist worksteal

lint: .venv/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: .venv/ready
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: .venv/ready
	$(BIN)/python -m benchmarks

# Trains dfer-tiny anew (some ten minutes on two cores) and compares it with the one that comes with dfer.
tiny: SEED ?= 1
tiny: .venv/ready
	$(BIN)/python -m dfer.training.tiny_clip --seed $(SEED) --out dfer-tiny-$(SEED).safetensors
	$(BIN)/python -m benchmarks.words_matter dfer-tiny-$(SEED).safetensors shipped

.venv/ready: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip install --quiet --python $(BIN)/python --constraint constraints.txt --editable '.[dev]'
	touch $@
