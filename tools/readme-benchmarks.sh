#!/usr/bin/env bash
# Writes the table and the plot of the README from the results of a comparison: readme-benchmarks.sh [RESULTS.json]
# (default bench/results.json). Build bench/Snapshotter.Benchmarks first.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
results=${1:-bench/results.json}
bench=out/bench/Snapshotter.Benchmarks

"$bench" plot --json "$results" --svg docs/benchmarks.svg
# The machine and the goals; the table of every contender is in bench/README.md.
part=$("$bench" table --json "$results" | awk '/^\| scenario / { exit } { print }' | cat -s)
awk -v part="$part" '
    /^<!-- benchmarks: begin/ { print; print ""; print part; print ""; print "![Times compared](docs/benchmarks.svg)"; print ""; inside = 1 }
    /^<!-- benchmarks: end/ { inside = 0 }
    !inside && !/^<!-- benchmarks: begin/ { print }
' README.md >README.md.new
mv README.md.new README.md
