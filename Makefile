# Santa's Lakehouse. `make run` and `make test` are all you need; `make help` lists the rest.
# Recipes use paths relative to this folder only, so that a clone may live in a folder with spaces in its name.

.DEFAULT_GOAL := help
.PHONY: help setup run test lint soak lab lab-reset live declared cluster serverless bench notebooks book doctor clean

# Paths are relative to this folder: elsewhere (make -f) `clean` would remove another project's build.
$(if $(wildcard lib/sleigh/__main__.py),,$(error $(CURDIR) is not the folder of Santa's Lakehouse: call make there, or make -C FOLDER))

# Another project's settings, or those of the shell, would be taken for ours.
unexport SPARK_HOME SPARK_CONF_DIR PYTHONPATH PYTHONHOME PYTHONINSPECT VIRTUAL_ENV BASH_ENV CDPATH ENV GREP_OPTIONS IFS

# Another python3 than the first that will do: make PYTHON=python3.12
PYTHON ?=
python := .venv/bin/python
sleigh := .venv/bin/sleigh
# NB=03 restricts `make notebooks` to one lesson and its solution.
NB ?=

help: ## show this list
	@echo "Santa's Lakehouse: Spark Structured Streaming and Delta Lake in notebooks"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{ printf "%-16s %s\n", $$1, $$2 }'

setup: ## install everything into .venv and .spark (every target below does it first, once)
	@PYTHON="$(PYTHON)" tools/setup.sh

run: setup ## stream 60 minutes of the night into build/lake, show the ledger, then run all lessons into build/notebooks
	@$(python) tools/run.py

test: setup ## run every check that CI runs: lint, pytest, and all notebooks against their committed outputs
	@$(python) tools/checks.py

lint: setup ## only the fast checks: ruff, the floors of the library, and the notebooks' template
	@$(python) tools/checks.py lint

soak: setup ## a hundred kills and more, full disks, torn files, for half an hour, or SOAK="--minutes 60"; SOAK=--live: live mode
	@$(python) bench/soak.py $(or $(SOAK),--minutes 30 --kills 100)

lab: setup ## open JupyterLab on working copies of the lessons, without outputs, in lab/ (LAB=--no-browser: open it yourself)
	@$(python) tools/lab.py
	@$(python) -m jupyterlab --ip=127.0.0.1 --ServerApp.root_dir=. --LabApp.default_url=/lab/tree/lab \
		--LabApp.news_url=None --LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate \
		--LanguageServerManager.autodetect=False --KernelManager.transport_encryption=auto \
		--LabApp.extension_manager=readonly $(if $(filter 0,$(shell id -u)),--allow-root) $(LAB)

lab-reset: setup ## give a lesson a fresh working copy (NB=03); yours is kept beside it as lab/03_....old.ipynb
	@$(python) tools/lab.py --reset "$(NB)"

live: setup ## let the night happen: producer, streams and the dashboard (LIVE="--speed 60 --minutes 10")
	@$(sleigh) live $(LIVE)

declared: setup ## run the declared pipeline by spark-pipelines, and prove that its tables are the streams'
	@$(python) tools/declared.py

cluster: setup ## a Spark cluster of two workers on this machine: one is killed in the middle, and the ledger balances
	@$(python) tools/cluster.py

serverless: setup ## run lessons 00 to 12 as Databricks serverless compute would, in the stand-in of tests/standin (NB=03: only that one)
	@PYTHONPATH=lib:tests:tools $(python) -m standin.lessons $(if $(NB),$(wildcard notebooks/$(NB)_*.ipynb),$(wildcard notebooks/0*.ipynb notebooks/1[0-2]*.ipynb))

bench: setup ## run each benchmark, write bench/results/*.json and docs/benchmarks.md (not bench/binder.py, which wants root)
	@for file in $(filter-out bench/soak.py bench/binder.py,$(wildcard bench/*.py)); do echo "== $$file"; PYTHONPATH=lib $(python) "$$file" || exit 1; done
	@$(python) tools/benchmarks.py

notebooks: setup ## execute lessons and solutions in place, commit-ready, pictures included (NB=03: only that one)
	@SLEIGH_PNG=1 $(python) tools/notebooks.py refresh $(wildcard notebooks/$(NB)[0-9]*.ipynb notebooks/$(NB)_*.ipynb) \
		$(wildcard solutions/$(NB)[0-9]*.ipynb solutions/$(NB)_*.ipynb)

book: setup ## build all lessons and pages as a site in build/book: to read in a browser, to search, to serve to a room
	@$(python) tools/book.py

doctor: setup ## check Java, Python, versions, jars, memory, disk and a one-row Delta table
	@$(sleigh) doctor

clean: ## remove what was built and all caches; .venv, .spark and the notes of what you have solved stay
	@find build -mindepth 1 -maxdepth 1 ! -name progress -exec rm -rf {} + 2>/dev/null || true
	@rm -rf .ruff_cache .hypothesis .pytest_cache spark-warehouse metastore_db derby.log artifacts
	@find lib tests tools bench notebooks solutions \( -name __pycache__ -o -name .ipynb_checkpoints -o -name .virtual_documents \) \
		-prune -exec rm -rf {} + 2>/dev/null || true
