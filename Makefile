# make demo   sets everything up and runs the demonstration
# make airflow   the same with Airflow's scheduler and its web pages, until Ctrl-C
# make test   sets everything up, Airflow too, and runs the checks and the fast tests
# make test-slow   the tests that take minutes; make bench   the benchmarks; make train   the model anew (hours)
.PHONY: demo airflow test test-slow lint setup setup-airflow setup-cluster bench train clean
PY := .venv/bin/python

setup:
	@scripts/setup.sh

setup-airflow:
	@scripts/setup.sh airflow

setup-cluster:
	@scripts/setup.sh airflow cluster

demo: setup
	@$(PY) -m demo

airflow: setup-airflow
	@$(PY) -m demo.scheduled

lint: setup-airflow
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(PY) -m mypy dags

test: lint
	$(PY) -m pytest

test-slow: setup-cluster
	$(PY) -m pytest -m slow

bench: setup-airflow
	$(PY) -m benchmarks.store --docs 10000 --docs 100000
	$(PY) -m benchmarks.spiders 1000 3
	$(PY) -m benchmarks.classify --posts 128
	$(PY) -m benchmarks.index
	$(PY) -m benchmarks.spikes
	$(PY) -m benchmarks.watch
	$(PY) -m benchmarks.scheduler

train:
	@scripts/setup.sh train
	$(PY) -m sentiment.train --work work/train

clean:
	rm -rf .venv demo/.work demo/.airflow
