# Targets for daily work. The checks themselves stand in .ci/run, which needs no make.

.PHONY: build test lint race fuzz ci bench golden

build:
	go build -o cnncalc ./cmd/cnncalc

test:
	.ci/run test

lint:
	.ci/run format vet staticcheck

race:
	.ci/run race

fuzz:
	.ci/run fuzz

# All checks, as a pull request is held to.
ci:
	.ci/run

# The processor time of a whole process, then all Go benchmarks.
bench: build
	@bash -c 'TIMEFORMAT="cnncalc memory vgg16, 100 processes: %U s user + %S s system; under 2 s is under 20 ms each"; \
		time for i in $$(seq 100); do ./cnncalc memory vgg16 >/dev/null; done'
	go test -run '^$$' -bench . -benchmem ./...

# Rewrites the golden tables from what the program prints now: read the diff before it is committed.
# What PyTorch computes is made again by hand: testdata/pytorch/generate.py and the testdata/*/generate.py beside
# it say which versions they need.
golden:
	go test ./cmd/cnncalc -update
