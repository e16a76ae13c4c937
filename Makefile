# make demo   sets everything up and runs the demonstration
# make test   sets everything up and runs the checks and the fast tests
# make test-slow   the tests that take minutes; make bench   the benchmarks; make train   the model anew (hours)
.PHONY: demo test test-slow lint setup bench train clean
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
	$(PY) -m benchmarks.store --docs 10000 --docs 100000
	$(PY) -m benchmarks.spiders 1000 3
	$(PY) -m benchmarks.classify --posts 128
	$(PY) -m benchmarks.index
	$(PY) -m benchmarks.spikes

train:
	@scripts/setup.sh train
	$(PY) -m sentiment.train --work work/train

clean:
	rm -rf .venv demo/.work
