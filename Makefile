# Everything a person or the CI does with this project. `make` lists it.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

# Without cgo: what several targets need is compiled once, the Pulumi CLI's part of it too, and Go links by itself.
export CGO_ENABLED := 0

# The simulated cloud: which environment, and what to do with it.
STACK ?= prod
VERB ?= up
TASK ?= dump
ARGS ?=
# The encrypted file with an instance's keys, and a file with a private key that opens it.
FILE ?=
IDENTITY ?=
# The commits that a pull request is between.
BASE ?=
HEAD ?=
# The program, if it was built before, and the policy pack with it: bin/program.
PROGRAM ?=
FUZZTIME ?= 60s

SANDBOX := .sandbox/bin/sandbox
TOOLS := $(CURDIR)/.tools
MODULES := . sandbox policy monitoring tools tools/workflows sdks/netlify
# Those that are built of the program: the SDKs of the providers, which take minutes, are then compiled for all at once.
PROGRAM_MODULES := . sandbox policy monitoring
# Modules whose dependencies decide nothing about those of the others, so their versions need not be the same.
APART := monitoring/endtoend tools/objectives tools/pictures tools/rules
# golangci-lint, which also formats, and the Pulumi CLI are built once from the tools module, which pins them.
TOOL_SUMS := tools/go.mod tools/go.sum
# Read only by the targets of the CLI.
PULUMI_VERSION = $(shell go -C tools list -m -f '{{.Version}}' github.com/pulumi/pulumi/pkg/v3)

.PHONY: help
help: ## List what there is to do.
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

.PHONY: sandbox
sandbox: pulumi $(SANDBOX) ## Bring an environment up in the simulated cloud. STACK=prod|staging VERB=up|preview|refresh|destroy|outputs ARGS="..."
	@$(SANDBOX) charts >/dev/null 2>&1 || true # what could not be fetched, the run says
	$(SANDBOX) $(VERB) --stack $(STACK) $(ARGS)

# STACK goes through the environment, so that no shell reads what is in it.
.PHONY: toolbox
toolbox: export STACK := $(STACK)
toolbox: ## Open a shell with tootctl in a pod of its own, in the real cluster. STACK=prod|staging
	@infra/mastodon/scripts/toolbox.sh

.PHONY: backup
backup: export STACK := $(STACK)
backup: export TASK := $(TASK)
backup: ## Run a task of the backups now, in the real cluster. STACK=prod|staging TASK=dump|media|rehearsal
	@infra/backup/scripts/now.sh

.PHONY: promise
promise: export STACK := $(STACK)
promise: ## Say how much may be lost, and how long it takes to come back, as last proven. STACK=prod|staging
	@infra/backup/scripts/promise.sh

.PHONY: charts
charts: $(SANDBOX) ## Fetch the Helm charts that the stack files name, for the sandbox and the tests, and pin them in charts.lock.
	$(SANDBOX) charts

# -count=1, because Go's cache of test results does not see what a test reads outside its module, or has another command
# read: the stack files and the Pulumi CLI, for the engine's tests; the generated SDK, for Netlify's and the tools'; the
# imports, for the architecture. -vet=off, because vet is one of the linters.
#
# Two at a time, since one alone leaves a core idle half of the time: what is built of the program, whose SDKs are then
# compiled once, and what is not.
.PHONY: test
test: pulumi ## Run every test that brings no stack up: the program against mocks, the simulators, the tools (a minute and a half).
	@$(MAKE) -j2 --output-sync=line test-program test-tools

.PHONY: test-program
test-program:
	go test -vet=off -short $$(go list ./infra/... ./tests/... | grep -vE '/tests/(architecture|project|reference)$$')
	go test -vet=off -count=1 ./tests/architecture ./tests/project ./tests/reference
	cd sandbox && go test -vet=off $$(go list ./... | grep -vE '/($(ENGINE)|backup|netlify)$$')
	cd sandbox && go test -vet=off -count=1 ./netlify
	cd policy && go test -vet=off -count=1 ./...

.PHONY: test-tools
test-tools:
	cd tools/objectives && go test -vet=off -count=1 ./...
	cd tools/rules && go test -vet=off -count=1 ./...
	cd monitoring && go test -vet=off -count=1 ./...
	cd monitoring/endtoend && go test -vet=off -count=1 .
	cd tools && go test -vet=off -count=1 ./netlifysdk/... ./modversions/... ./outdated/... ./escrow/... ./release/...
	cd tools/workflows && go test -vet=off -count=1 ./...
	cd tools/pictures && go test -vet=off -count=1 ./...

# The packages of the sandbox that bring stacks up with the real engine. So does the delivery, which builds the sandbox
# first.
ENGINE := effects|enginetest|policytest|program|runner

.PHONY: test-engine
test-engine: pulumi ## Bring the stacks up, change them and break them with the real engine in the simulated cloud (seven minutes).
	cd sandbox && go test -count=1 -timeout 30m $$(go list ./... | grep -E '/($(ENGINE))$$')
	cd tools && go test -count=1 -timeout 30m ./delivery

# The race detector needs cgo, and slows what it watches tenfold. Of the whole program it is the order of registrations
# that is concurrent, of the sandbox the cloud.
.PHONY: test-race
test-race: export CGO_ENABLED := 1
test-race: ## Look for data races in the rooms, the order of registrations and the simulated cloud (three minutes).
	go test -race $$(go list ./infra/... | grep -v '/settings')
	go test -race ./tests/stacks -run '^TestDependenciesAreTheSameInEveryRun$$'
	cd sandbox && go test -race ./cloud/... ./provider/... ./behaviour/...

# What the scripts that pods run are tested with: the packages of Debian and Ubuntu, and what they are there for.
PACKAGES := ruby ruby-pg ruby-redis ruby-aws-sdk-s3 redis-server postgresql jq curl time
PROGRAMS := ruby redis-server initdb jq curl time

.PHONY: test-packages
test-packages: ## Install what the scripts that pods run are tested with, where it is missing: Ruby, Redis, PostgreSQL (Debian, Ubuntu).
	@missing="$$(for program in $(PROGRAMS); do \
	  type -P $$program >/dev/null || compgen -G "/usr/lib/postgresql/*/bin/$$program" >/dev/null || echo $$program; done)"; \
	if [[ -z "$$missing" ]] && ruby -e "require 'pg'; require 'redis'; require 'aws-sdk-s3'" 2>/dev/null; then exit; fi; \
	type -P apt-get >/dev/null || { echo "there is no apt-get: install yourself what Debian calls $(PACKAGES)" >&2; exit 1; }; \
	(( EUID == 0 )) && root= || root=sudo; \
	$$root apt-get update -q && \
	  $$root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $(PACKAGES)

# What the backups' pods run, with what they run it with.
.PHONY: test-data
test-data: test-packages $(TOOLS)/rclone ## Dump, copy, rehearse and restore with the real PostgreSQL and rclone (five minutes; the first time, four more).
	cd sandbox && VMST_TEST_DATA=1 go test -count=1 -timeout 30m ./backup

STATUSES ?= 2000000

.PHONY: bench-data
bench-data: $(TOOLS)/rclone ## Measure dump, rehearsal and restoration for each GB of a database (ten minutes). STATUSES=2000000
	cd sandbox && VMST_TEST_DATA=1 VMST_BENCH_STATUSES=$(STATUSES) go test -count=1 -timeout 2h -v -run '^TestBench$$' ./backup

.PHONY: policy
policy: ## Build the rules about plans as a policy pack: pulumi preview --policy-pack bin/policy
	cd policy && go build -o $(CURDIR)/bin/policy .

# In a module of its own, so that its hundreds of dependencies decide nothing about those of the other tools.
$(TOOLS)/rclone: $(wildcard tools/rclone/*)
	go -C tools/rclone build -trimpath -ldflags "-s -w" -o $@ .

# The monitoring's programs, each in a module of its own, as rclone is.
$(TOOLS)/prometheus: $(wildcard tools/prometheus/*)
	go -C tools/prometheus build -trimpath -tags remove_all_sd -ldflags "-s -w" -o $@ \
	  github.com/prometheus/prometheus/cmd/prometheus

$(TOOLS)/blackbox_exporter: $(wildcard tools/blackbox/*)
	go -C tools/blackbox build -trimpath -ldflags "-s -w" -o $@ github.com/prometheus/blackbox_exporter

# The module of Alertmanager lacks its built pages, which its source embeds: an empty one stands in for them, in a copy.
$(TOOLS)/alertmanager: $(wildcard tools/alertmanager/*)
	@rm -rf $(TOOLS)/src && mkdir -p $(TOOLS)/src
	go -C tools/alertmanager mod download github.com/prometheus/alertmanager
	cp -r "$$(go -C tools/alertmanager list -m -f '{{.Dir}}' github.com/prometheus/alertmanager)" $(TOOLS)/src/alertmanager
	chmod -R u+w $(TOOLS)/src && mkdir $(TOOLS)/src/alertmanager/ui/app/dist
	gzip -n </dev/null >$(TOOLS)/src/alertmanager/ui/app/dist/index.html.gz
	cp tools/alertmanager/go.mod $(TOOLS)/src/build.mod && cp tools/alertmanager/go.sum $(TOOLS)/src/build.sum
	go mod edit -replace github.com/prometheus/alertmanager=$(TOOLS)/src/alertmanager $(TOOLS)/src/build.mod
	go -C tools/alertmanager build -modfile $(TOOLS)/src/build.mod -trimpath -ldflags "-s -w" -o $@ \
	  github.com/prometheus/alertmanager/cmd/alertmanager
	@rm -rf $(TOOLS)/src

MONITORS := $(TOOLS)/prometheus $(TOOLS)/alertmanager $(TOOLS)/blackbox_exporter

.PHONY: test-monitoring
test-monitoring: $(MONITORS) ## See that what is wrong is told once, and is over, with the real Prometheus and Alertmanager (two minutes; the first time, four more).
	cd monitoring/endtoend && VMST_TEST_MONITORING=1 go test -count=1 -timeout 5m -v . -run '^TestTheRight'

.PHONY: pictures
pictures: $(TOOLS)/prometheus ## Draw the dashboards in a real browser, for the documentation (Chromium comes from Debian where it is missing).
	@type -P chromium >/dev/null || \
	  { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends chromium fonts-dejavu-core; }
	cd monitoring/endtoend && VMST_TEST_MONITORING=1 go test -count=1 -timeout 10m -v . -run '^TestPictures$$' -pictures $(CURDIR)/docs/public/pictures

# The documentation site. Its Node.js is the one on PATH where that is new enough (engines in docs/package.json), and
# otherwise that of docs/.nvmrc, out of its npm package. Netlify reads the same file.
NODE := $(TOOLS)/node/node_modules/node/bin
WITH_NODE := PATH="$(NODE):$$PATH"

.PHONY: node
node: ## Install the Node.js that the documentation site is built with, unless one that fits is on PATH.
	@fits() { "$$1" -e 'const [major, minor] = process.versions.node.split("."); process.exit(major > 22 || major == 22 && minor >= 18 ? 0 : 1)' 2>/dev/null; }; \
	version="$$(cat docs/.nvmrc)"; system="$$(uname -s | tr '[:upper:]' '[:lower:]')"; \
	machine="$$(uname -m | sed 's/x86_64/x64/; s/aarch64/arm64/')"; \
	if fits node; then rm -rf $(TOOLS)/node; \
	elif [[ "$$($(NODE)/node --version 2>/dev/null)" != "v$$version" ]]; then \
	  npm install --silent --no-save --prefix $(TOOLS)/node "node@npm:node-$$system-$$machine@$$version"; fi

# Installed again when the lock file says so; --silent, because dozens of packages disagree about each other's versions.
.PHONY: docs-packages
docs-packages: node
	@cmp -s docs/package-lock.json docs/node_modules/.installed || \
	  { echo "installing the packages of the documentation site (a minute or two the first time)"; \
	    (cd docs && $(WITH_NODE) npm ci --silent) && cp docs/package-lock.json docs/node_modules/.installed; }

.PHONY: docs
docs: docs-packages ## Build the documentation site in docs/dist, and see that all that its pages lead to is there (a minute).
	cd docs && $(WITH_NODE) npm run generate

.PHONY: docs-serve
docs-serve: docs ## Build the documentation site and show it at http://localhost:3000, as Netlify would. PORT=3000
	cd docs && $(WITH_NODE) npm run serve

# Chromium comes from Debian where there is no browser of its kind.
.PHONY: test-docs
test-docs: docs ## Test the documentation site in a real browser: every page, on a desk and on a phone (two minutes). SCREENSHOTS=1
	@type -P chromium google-chrome >/dev/null || \
	  { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends chromium fonts-dejavu-core; }
	cd docs && $(WITH_NODE) CHROMIUM="$$(type -P chromium google-chrome | head -n 1)" npm test

OUTPUTS ?=

# Built and run as outdated is.
.PHONY: monitoring
monitoring: ## Write a directory for a Prometheus elsewhere, from a stack's outputs. STACK=prod OUTPUTS=file.json ARGS="-webhook FILE"
	@go -C monitoring build -o $(TOOLS)/monitoring . && \
	  $(TOOLS)/monitoring -stack '$(STACK)' $(if $(OUTPUTS),-outputs '$(OUTPUTS)') $(ARGS)

# The sandbox takes a Pulumi CLI on PATH that fits (sandbox/runner/pulumi.go): of the same major version and at least the
# same minor one.
.PHONY: pulumi
pulumi: ## Build the Pulumi CLI from the tools module, unless one that fits is on PATH (three minutes, once).
	@fits() { [[ "$$1" =~ ^v?([0-9]+)\.([0-9]+)\. ]] && echo "$${BASH_REMATCH[1]} $${BASH_REMATCH[2]}"; }; \
	read -r major minor < <(fits "$(PULUMI_VERSION)"); \
	read -r hasMajor hasMinor < <(fits "$$(pulumi version 2>/dev/null)" || echo 0 0); \
	(( hasMajor == major && hasMinor >= minor )) || $(MAKE) -s $(TOOLS)/pulumi

.PHONY: golden
golden: pulumi ## Write what is made of the stack files again: every resource of the stacks, what pull requests are told, what monitors from outside, pages, pictures. Read the difference.
	go test -count=1 ./tests/stacks -run '^TestGolden$$' -update
	cd monitoring && go test -count=1 . -update
	cd tools && go test -count=1 -timeout 30m ./delivery -run '^TestCommentsOnPullRequests$$' -update
	cd tools/pictures && go test -count=1 . -run '^TestPicturesAreCurrent$$' -update
	go test -count=1 ./tests/stacks -run '^TestScopesInDocsAreCurrent$$' -update
	cd policy && go test -count=1 ./rules -run 'Current$$' -update
	go test -count=1 ./tests/reference -run 'Current$$' -update

.PHONY: golden-check
golden-check: ## See that the golden files are what the program makes, and nothing else.
	go test -count=1 ./tests/stacks -run '^TestGolden$$'

.PHONY: upgrade-state
upgrade-state: pulumi ## Write what both stacks leave behind as that of a release, which later programs are tested on. VERSION=...
	cd sandbox && go test -count=1 ./enginetest -run '^TestTodays' -upgrade-state $(or $(VERSION),$(error VERSION is missing: add that of the release, VERSION=1.2.3))

.PHONY: fuzz
fuzz: ## Look for settings that are accepted and do not come up (a minute, or FUZZTIME).
	go test ./tests/stacks -run '^$$' -fuzz '^FuzzDeploy$$' -fuzztime $(FUZZTIME)

# In their copies of the repository is no Pulumi CLI: they find it on PATH.
mutants edits: export PATH := $(TOOLS):$(PATH)

.PHONY: mutants
mutants: pulumi ## Make mistakes one by one and see that a test notices each (forty minutes). ARGS="-run NAME"
	go run ./tests/mutants $(ARGS)

.PHONY: edits
edits: pulumi ## Edit the stack files as admins do and see that golden and the tests are green (forty minutes). ARGS="-run NAME -engine"
	go run ./tests/edits $(ARGS)

.PHONY: lint
lint: $(TOOLS)/golangci-lint ## Check formatting, style and go.mod files.
	@go -C tools run ./modversions -dir .. $(MODULES:%=%/go.mod)
	@go -C tools run ./modversions -dir .. -indirect $(PROGRAM_MODULES:%=%/go.mod)
	@for module in $(MODULES) $(APART); do echo "lint $$module"; (cd $$module && go mod tidy -diff && $(TOOLS)/golangci-lint run ./...) || exit 1; done

# Built and not run by go, which would make every exit status a 1.
.PHONY: outdated
outdated: ## Say what is behind: Mastodon, charts, images, modules, Kubernetes. Needs the internet, and says what it could not ask.
	@go -C tools build -o $(TOOLS)/outdated ./outdated
	@$(TOOLS)/outdated -dir . $(MODULES:%=%/go.mod)

# Built and not run by go, as outdated is.
.PHONY: vulnerabilities
vulnerabilities: ## Look for known holes in the code that is used. Needs the internet. MODULES="sandbox tools"
	@go -C tools build -o $(TOOLS)/govulncheck golang.org/x/vuln/cmd/govulncheck
	@status=0; for module in $(MODULES); do echo "govulncheck $$module"; \
	  (cd $$module && $(TOOLS)/govulncheck ./...) || status=$$?; done; exit $$status

$(TOOLS)/gitleaks: tools/gitleaks/go.mod tools/gitleaks/go.sum
	go -C tools/gitleaks build -o $@ github.com/zricethezav/gitleaks/v8

.PHONY: leaks
leaks: $(TOOLS)/gitleaks ## Look for keys and passwords in every commit there is.
	@$(TOOLS)/gitleaks git --no-banner --redact --verbose .

.PHONY: workflows
workflows: ## See that the workflows of GitHub do what docs/content/3.run/8.delivery.md says, and only that.
	go -C tools/workflows test -count=1 ./...

# The targets from here to `newest` are for workflows; what is foreign text there comes through the environment.
# An artefact of GitHub forgets which file is a program; a tar does not.
.PHONY: pack
pack: ## Put what is in bin into one file, for the next job of a workflow.
	@mkdir -p .delivery
	tar -cf .delivery/program.tar bin

.PHONY: unpack
unpack: ## Take out again what `make pack` has put into a file.
	tar -xf .delivery/program.tar bin

# pulumi/actions reads a file in which there is nothing else.
.PHONY: pulumi-version
pulumi-version: ## Write the version of Pulumi that go.mod names, for whoever installs the CLI.
	@mkdir -p .delivery
	@awk '$$1 == "github.com/pulumi/pulumi/sdk/v3" {print substr($$2, 2); found = 1} END {exit !found}' go.mod \
	  | tee .delivery/pulumi-version

.PHONY: pr-number
pr-number: ## Write down the number of a pull request, for the workflow that posts the comment. NUMBER=...
	@mkdir -p .delivery
	@[[ "$${NUMBER:-}" =~ ^[0-9]+$$ ]] || { echo "NUMBER is missing, or not a number" >&2; exit 1; }
	@echo "$$NUMBER" > .delivery/number

RELEASE = go -C tools build -o $(TOOLS)/release ./release && $(TOOLS)/release

.PHONY: newest
newest: ## Say whether the commit that a workflow runs for is still the newest of its branch.
	@$(RELEASE) newest

.PHONY: release-notes
release-notes: ## Write what the changelog says of a version to .delivery/notes.md. TAG=v1.2.3
	@mkdir -p .delivery
	@$(RELEASE) notes > .delivery/notes.md

.PHONY: publish-release
publish-release: ## Make a release of a tag at GitHub, with .delivery/notes.md. TAG=v1.2.3
	@$(RELEASE) publish .delivery/notes.md

.PHONY: release
release: ## Prepare a release: its part of the changelog, and the state on which later programs are tested. VERSION=1.2.3
	@TAG=v$(or $(VERSION),$(error VERSION is missing: add that of the release, VERSION=1.2.3)); export TAG; $(RELEASE) prepare
	@$(MAKE) -s upgrade-state VERSION=$(VERSION)
	@echo "Commit CHANGELOG.md and sandbox/testdata/upgrade/$(VERSION), merge them, then: git tag -s v$(VERSION) && git push origin v$(VERSION)"

# Built and run as outdated is. Quoted, so that a path may hold spaces; make replaces the ~ that the shell then does not.
ESCROW = go -C tools build -o $(TOOLS)/escrow ./escrow && \
	$(TOOLS)/escrow -stack '$(STACK)' -file '$(FILE:~/%=$(HOME)/%)' -identity '$(IDENTITY:~/%=$(HOME)/%)'

.PHONY: escrow
escrow: ## Write the keys without which a backup is worthless, encrypted for the recipients in the settings. STACK=prod FILE=...
	@$(ESCROW) write

.PHONY: escrow-check
escrow-check: ## See that such a file opens and fits the running stack. STACK=prod FILE=... IDENTITY=~/.config/age/key.txt
	@$(ESCROW) check

.PHONY: escrow-adopt
escrow-adopt: ## Put the keys of such a file into the configuration of a new stack, as secrets. STACK=prod FILE=... IDENTITY=...
	@$(ESCROW) adopt

# Built and run as outdated is. BASE and HEAD go through the environment: they may be what somebody else has named.
DELIVERY = go -C tools build -o $(TOOLS)/delivery ./delivery && $(TOOLS)/delivery
REAL = -stack '$(STACK)' -policy-pack bin/policy -program '$(PROGRAM)'

.PHONY: pr-comment
pr-comment: export BASE := $(BASE)
pr-comment: export HEAD := $(HEAD)
pr-comment: pulumi ## Write what a change does, as a comment: BASE is brought up in the simulated cloud, HEAD previewed on it. BASE=main HEAD=HEAD
	@$(DELIVERY) -base "$$BASE" -head "$$HEAD" pr-comment

.PHONY: post-comment
post-comment: ## Post that comment on its pull request, or edit the one that is there.
	@$(DELIVERY) post-comment

.PHONY: program
program: ## Build the program once, for plan and deliver. They run it with PROGRAM=bin/program.
	go build -o bin/program .

.PHONY: plan
plan: $(if $(PROGRAM),,policy) ## Preview a stack for real, and write what is to be approved. STACK=prod|staging
	@$(DELIVERY) $(REAL) plan

.PHONY: deliver
deliver: $(if $(PROGRAM),,policy) ## Bring a stack up, if that is still what was approved. STACK=prod|staging
	@$(DELIVERY) $(REAL) deliver

.PHONY: health
health: ## Ask the endpoints in a stack's outputs until they answer. STACK=prod|staging
	@$(DELIVERY) -stack '$(STACK)' health

.PHONY: drift
drift: $(if $(PROGRAM),,policy) ## See whether a stack is as the program says, and keep one issue while it is not. STACK=prod|staging
	@$(DELIVERY) $(REAL) drift

.PHONY: report-outdated
report-outdated: ## Keep one issue while something is behind.
	@($(MAKE) -s outdated || true) | ($(DELIVERY) outdated)

# Not a part of lint, because everything that the sandbox imports is compiled for each of them.
.PHONY: platforms
platforms: ## See that the sandbox compiles on Windows and macOS (a quarter of an hour the first time).
	@for os in windows darwin; do echo "vet sandbox for $$os"; (cd sandbox && GOOS=$$os go vet ./...) || exit 1; done

.PHONY: format
format: $(TOOLS)/golangci-lint ## Format the code.
	@for module in $(MODULES) $(APART); do (cd $$module && $(TOOLS)/golangci-lint fmt ./...) || exit 1; done

.PHONY: generate
generate: ## Write the generated files again: the JSON Schema, the scopes, pages of documentation, pictures, the objectives' rules, the Netlify SDK.
	go test -count=1 ./infra/settings -run '^TestSchemaIsCurrent$$' -update
	go test -count=1 ./tests/stacks -run '^TestScopesInDocsAreCurrent$$' -update
	go test -count=1 ./infra/outputs -run '^TestContractInDocsIsCurrent$$' -update
	cd policy && go test -count=1 ./rules -run 'Current$$' -update
	cd tools/pictures && go test -count=1 . -run '^TestPicturesAreCurrent$$' -update
	go -C tools/objectives run . -o ../../infra/signals/burnrates.json
	go test -count=1 ./infra/signals -run '^TestRunbookIndexIsCurrent$$' -update
	cd sandbox && go test -count=1 ./effects -update
	go test -count=1 ./tests/reference -run 'Current$$' -update
	go test -count=1 ./tests/project -run '^TestCopiedPagesAreCurrent$$' -update
	cd tools && go generate ./...

.PHONY: bench
bench: pulumi ## Measure build, start, up and preview against their goals, in one run (about ten minutes). ARGS="-only up -runs 9"
	cd sandbox && go test -count=1 -timeout 1h -v ./proofs -run '^TestSpeed$$' -proof -stack $(STACK) $(ARGS)

.PHONY: faults
faults: pulumi ## Break an up at every type of resource, and by killing the engine, and see the next one mend it (a quarter of an hour). ARGS="-only Vpc -kills 3 -seed 7"
	cd sandbox && go test -count=1 -timeout 2h -v ./proofs -run '^TestFaults$$' -proof -stack $(STACK) $(ARGS)

# Go knows best whether it must be built again.
.PHONY: $(SANDBOX)
$(SANDBOX):
	@mkdir -p $(@D)
	@echo "building the sandbox (some minutes the first time)"
	@cd sandbox && go build -o $(CURDIR)/$@ .

.PHONY: clean
clean: ## Forget the simulated cloud and the built tools. Nothing real is touched.
	rm -rf .sandbox bin $(TOOLS)

$(TOOLS)/golangci-lint: $(TOOL_SUMS)
	@echo "building golangci-lint from the tools module (some minutes the first time)"
	cd tools && go build -o $@ github.com/golangci/golangci-lint/v2/cmd/golangci-lint

# The Automation API refuses a CLI that does not know its version, which release builds are told the same way.
$(TOOLS)/pulumi: $(TOOL_SUMS)
	@echo "building the Pulumi CLI from the tools module (three minutes the first time)"
	go -C tools build -o $@ -ldflags "-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=$(PULUMI_VERSION)" github.com/pulumi/pulumi/pkg/v3/cmd/pulumi
