# The commands of the house. On a fresh machine each of them first makes .venv and installs what is pinned.
# PYTHON: what makes .venv; by default the newest one here that the pinned packages support.
PYTHON ?=
PORT ?= 8000
SERVE ?= 1
CODE ?= en
BIN := .venv/bin
INSTALLED := .venv/installed
TYPESCRIPT := node_modules/typescript/bin/tsc

.PHONY: book editions test serve notebooks results new-results check bench clean
.NOTPARALLEL:

book: $(INSTALLED)
	$(BIN)/python -m booktools build $(if $(filter-out 0,$(SERVE)),--port $(PORT))

# The book with a zip, an EPUB and a PDF in each language, which its pages offer (the PDF needs a relative of Chromium).
editions: $(INSTALLED)
	$(BIN)/python -m booktools editions

test: $(INSTALLED) $(TYPESCRIPT)
	sh .ci/tools
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/node $(TYPESCRIPT)
	$(BIN)/python -m booktools build
	$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder

serve: $(INSTALLED)
	$(BIN)/python -m booktools serve $(CODE) --port $(PORT)

notebooks: $(INSTALLED)
	$(BIN)/python -m booktools notebooks

# Measures anew everything that the cells ask for, and puts it into vanishing/results, to be committed.
results: $(INSTALLED)
	rm -rf _build/cache/executed _build/cache/asked _build/cache/experiments
	VANISHING_RESULTS=none VANISHING_CACHE=$(CURDIR)/_build/cache/experiments $(BIN)/python -m booktools build
	VANISHING_RESULTS=none VANISHING_CACHE=$(CURDIR)/_build/cache/experiments $(BIN)/python -m vanishing.remembering _build/cache/asked

# Adds what new cells ask for, drops what none asks for any more; results of unchanged code stay as they are.
new-results: $(INSTALLED)
	$(BIN)/python -m booktools build
	VANISHING_CACHE=$(CURDIR)/_build/cache/experiments $(BIN)/python -m vanishing.remembering _build/cache/asked

check: $(INSTALLED)
	$(BIN)/python -m booktools check

# Measures in fresh copies what building costs, beside its targets and beside plain Jupyter Book (_build/bench.json
# keeps it). Some steps alone: make bench ONLY=4,5
bench: $(INSTALLED)
	$(BIN)/python -m booktools.bench $(if $(ONLY),--only $(ONLY))

clean:
	rm -rf _build .import_linter_cache .mypy_cache .pytest_cache .ruff_cache

$(INSTALLED): requirements.txt pyproject.toml
	sh .ci/environment "$(PYTHON)"
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --requirement requirements.txt
	touch $@

$(TYPESCRIPT): package-lock.json $(INSTALLED)
	$(BIN)/npm ci --silent
	touch $@
