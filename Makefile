# Everything here sets itself up: see tools/setup --help.
.DEFAULT_GOAL := help
.PHONY: help setup demo demo-down test check bench build docs release clean

help: ## Print this list
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

setup: ## Make the virtual environment, the Docker engine and the base images ready
	tools/setup

demo: ## Monitor a ticket system in three containers and show what is up
	tools/demo

demo-down: ## Remove what the demo made
	tools/demo-down

test: ## Run all tests (an hour and a quarter on two cores)
	tools/test

check: ## Run the quick tests, without containers (about four minutes)
	tools/test --quick

bench: ## Measure how long the playbook takes over ssh
	tools/bench

build: ## Build the collection's tarball in build/
	$$(tools/setup --no-docker --print-venv)/bin/ansible-galaxy collection build --force --output-path build

docs: ## Make web pages of the documentation of playbooks, roles and plugins in build/docs/
	tools/docs

release: ## Make a release ready: make release VERSION=1.2.0
	tools/release $(VERSION)

clean: ## Remove what tools made in the checkout; caches outside stay
	rm -rf build collections .ansible .cache .mypy_cache .pytest_cache .ruff_cache .venv
