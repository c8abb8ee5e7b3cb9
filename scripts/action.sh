#!/usr/bin/env bash
# What the action runs: its inputs, one argument per line, as a command line. Ends as bpbench ends.
set -uo pipefail

arguments=("$BPBENCH_COMMAND")
# Lines of the variable $1, each behind the flag $2 where one is given; blank lines say nothing.
add_lines() {
  local line
  while IFS= read -r line; do
    line="${line#"${line%%[![:space:]]*}"}"
    line="${line%"${line##*[![:space:]]}"}"
    if [ -n "$line" ]; then arguments+=(${2:+"$2"} "$line"); fi
  done <<<"$1"
}
add_lines "$BPBENCH_SCENARIO"
add_lines "$BPBENCH_STRATEGIES" --strategy
add_lines "$BPBENCH_REPEAT" --repeat
add_lines "$BPBENCH_BASELINE" --baseline
add_lines "$BPBENCH_ARGS"

results="${BPBENCH_RESULTS:-bpbench-results}"
mkdir -p "$results"
arguments+=(--results "$results" --ci github -o "junit=$results/junit.xml" -o "$results/report.html" -o "$results/report.md")

status=0
node "$GITHUB_ACTION_PATH/bin/bpbench.js" "${arguments[@]}" || status=$?
{
  echo "exit-code=$status"
  echo "report=$results/report.html"
} >>"${GITHUB_OUTPUT:-/dev/null}"
exit "$status"
