# Steps with a name, a time and a result. Sourced by .ci/run and .ci/full; not for running alone.
# shellcheck shell=bash
#
# A failed step does not end the script: the summary at the end tells all of them, and decides the exit code.

# shellcheck source=.ci/machine.sh
. .ci/machine.sh

steps=()
failures=0
# What failed steps said last: the summary repeats it, because of a long log often only the end is kept.
last_words=
last_lines=12
# Most that a step may take: nothing that it leaves running holds the script up for longer.
step_seconds=1500
matched=0
chosen=("$@")

# The target directory: one for everything, so that nothing is built twice.
target=${CARGO_TARGET_DIR:-target}
# Logs, reports and traces of the steps. Emptied at each start.
# shellcheck disable=SC2034 # The scripts that source this use it.
work=$target/ci

# step NAME COMMAND…: runs the command, unless only other steps were asked for.
step() {
  local name=$1 began=$SECONDS code=0
  shift
  is_chosen "$name" || return 0
  matched=$((matched + 1))
  printf '\n=== %s\n' "$name"
  local busy busy_before
  count_busy
  busy_before=$busy
  # Not `if "$@"`: that would switch `set -e` off inside the step.
  set +e
  (
    set -e
    "$@"
  ) 2>&1 | timeout "$step_seconds" tee "$work/step.log"
  code=${PIPESTATUS[0]}
  set -e
  local took=$((SECONDS - began))
  count_busy
  busy=$((busy - busy_before))
  if [ "$code" -eq 0 ]; then
    steps+=("$(printf 'ok      %5d s  %5d s  %s' "$took" "$busy" "$name")")
  else
    steps+=("$(printf 'FAILED  %5d s  %5d s  %s (exit %d)' "$took" "$busy" "$name" "$code")")
    failures=$((failures + 1))
    last_words+=$(printf '\n--- the end of %s\n' "$name" && tail -n "$last_lines" "$work/step.log")
  fi
}

# Sets `busy` to the seconds of processors that ended commands took: on a busy machine that says more than the clock.
count_busy() {
  # Into a file, because a subshell has times of its own.
  times >"$work/times.txt"
  busy=$(awk -F '[ms ]' 'NR == 2 { print int($1 * 60 + $2 + $4 * 60 + $5) }' "$work/times.txt")
}

# skipped NAME WHY: a step that cannot be taken is named, and is no success.
skipped() {
  is_chosen "$1" || return 0
  matched=$((matched + 1))
  printf '\n=== %s\nnot run: %s\n' "$1" "$2"
  steps+=("$(printf 'not run                   %s: %s' "$1" "$2")")
}

is_chosen() {
  [ "${#chosen[@]}" -eq 0 ] && return 0
  local one
  for one in "${chosen[@]}"; do
    [ "$one" = "$1" ] && return 0
  done
  return 1
}

# Tells every step, and ends the script.
summary() {
  printf '\n=== summary, %d s; by the clock, and of processors\n' "$SECONDS"
  if [ "$matched" -lt "${#chosen[@]}" ]; then
    echo "not all of these are names of steps: ${chosen[*]}"
    exit 2
  fi
  printf '%s\n' "${steps[@]}"
  if [ "$failures" -gt 0 ]; then
    printf '%s\n' "$last_words"
    echo "$failures of ${#steps[@]} steps failed"
    exit 1
  fi
  echo "all well"
  exit 0
}

# After so many seconds what was begun beside the steps has failed.
aside_seconds=1500

# aside NAME COMMAND…: begins what the step of that name will wait for, if it is to be taken.
aside() {
  local name=$1
  shift
  is_chosen "$name" || return 0
  rm -f "$work/$name.code"
  (
    set +e
    (
      set -e
      "$@"
    )
    echo "$?" >"$work/$name.code"
  ) >"$work/$name.log" 2>&1 &
}

# joined NAME: waits for what was begun, tells what it said, and ends as it did.
joined() {
  local code=1
  within "$aside_seconds" test -s "$work/$1.code" && code=$(cat "$work/$1.code")
  cat "$work/$1.log"
  [ "$code" -eq 0 ] || echo "exit $code of $1" >&2
  return "$code"
}

# needs COMMAND PACKAGE: a command of the system, from a Debian package where that is possible.
needs() {
  command -v "$1" >/dev/null && return 0
  installed "$2" || true
  command -v "$1" >/dev/null || {
    echo "$1 is missing: install the package $2" >&2
    exit 2
  }
}

# What every script here needs; it installs nothing that is there already.
tools() {
  command -v cargo >/dev/null || {
    echo "cargo is missing: install Rust from https://rustup.rs" >&2
    exit 2
  }
  needs cc gcc
  needs python3 python3
  local wanted found
  wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
  found=$(rustc --version | cut -d ' ' -f 2)
  if [ "$(printf '%s\n' "$wanted" "$found" | sort -V | head -n 1)" != "$wanted" ]; then
    echo "rustc is $found: at least $wanted is needed" >&2
    exit 2
  fi
  local component
  for component in fmt clippy; do
    if ! cargo "$component" --version >/dev/null 2>&1; then
      command -v rustup >/dev/null || {
        echo "cargo $component is missing: install the rustfmt and clippy of your Rust" >&2
        exit 2
      }
      rustup component add "${component/#fmt/rustfmt}"
    fi
  done
  printf '%s, %s, %s processors\n' "$(rustc --version)" "$(python3 --version)" "$(nproc)"
}
