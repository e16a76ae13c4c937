# make demo   sets everything up and runs the demonstration
# make test   sets everything up and runs the checks and the fast tests
.PHONY: demo test test-slow lint setup bench clean
PY := .venv/bin/python

setup:
	@scripts/setup.sh

demo: setup
	@$(PY) -m demo

lint: setup
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy

test: lint
	$(PY) -m pytest

test-slow: setup
	$(PY) -m pytest -m slow

bench: setup
	$(PY) -m benchmarks

clean:
	rm -rf .venv demo/.work
