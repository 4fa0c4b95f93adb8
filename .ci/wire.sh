# Runs against programs that nobody here wrote, and what must hold after each. Sourced by .ci/run and .ci/full.
# shellcheck shell=bash
# shellcheck disable=SC2154 # steps.sh and the scripts that source this set them.

# The command with every kind of target. In the profile and with the packages of the tests, for which nearly all of it is
# built anyway: what it does is waiting. It has a place of its own, where `cargo test` does not put the plain one.
# ESMERALDA names one that is built already.
full_build() {
  # Once: the tests build the binary without these features in the same place, and may be using it.
  [ ! -x "$work/esmeralda" ] || return 0
  if [ -n "${ESMERALDA:-}" ]; then
    cp "$ESMERALDA" "$work/esmeralda"
    return
  fi
  cargo build --quiet --workspace --tests --features esmeralda-cli/full
  # In one go: another run may be using it.
  cp "$target/debug/esmeralda" "$work/esmeralda.$BASHPID"
  mv "$work/esmeralda.$BASHPID" "$work/esmeralda"
}

# After so many seconds a run is interrupted, as by Ctrl-C: then it reports what it has.
wire_limit=${WIRE_LIMIT:-180}

# On a busy machine an emulator may have answered nothing by then: it gets up to so many seconds more for a first failure.
wire_patience=300

# Cases that last longer are left out; where it is empty, the preset's own bound holds.
longest=${LONGEST:-}

# judged NAME TARGET ARGUMENTS…: whatever the verdict, it is one, and every case got its answer.
judged() {
  local name=$1 code=0 bound=() pid
  shift
  [ -z "$longest" ] || bound=(--longest "$longest")
  rm -rf "${work:?}/$name"
  timeout --preserve-status --kill-after 120 "$((wire_limit + wire_patience))" \
    "$esmeralda" run "$@" "${bound[@]}" --out "$work/$name" --format json >"$work/$name.json" &
  pid=$!
  if ! within "$wire_limit" ended "$pid"; then
    within "$wire_patience" failed_or_ended "$work/$name" "$pid" || true
    kill "$pid" 2>/dev/null || true
  fi
  wait "$pid" || code=$?
  case $code in
    0 | 1 | 4) python3 .ci/report.py judged "$work/$name.json" ;;
    *)
      tail -c 4000 "$work/$name.json" >&2
      echo "exit $code of $name: 0, 1 or 4 was expected" >&2
      return 1
      ;;
  esac
}

ended() {
  ! kill -0 "$1"
}

# failed_or_ended DIRECTORY PROCESS: the run has told a failure, or is over.
failed_or_ended() {
  grep -q '"failure"' "$1/run.jsonl" || ended "$2"
}

# The examples of the protocol, as their users start them: one keeps the rules, the others do not, and are found out.
command_examples() {
  local adapters=harness/esmeralda/adapters
  cargo build --quiet --release -p esmeralda-cli
  judged poller "command:python3 $adapters/python/poller.py" --cases 200
  needs node nodejs
  judged naive-python "command:python3 $adapters/python/naive.py" --cases 50
  judged naive-node "command:node $adapters/node/naive.mjs" --cases 50
}

# looked_at TARGET: what the verbs for newcomers say of it. That it breaks rules is an answer, too.
looked_at() {
  local verb code esmeralda=$work/esmeralda
  for verb in smoke probe next; do
    code=0
    echo "--- esmeralda $verb $1"
    "$esmeralda" "$verb" "$1" || code=$?
    [ "$code" -le 1 ] || {
      echo "exit $code of $verb: 0 or 1 was expected" >&2
      return 1
    }
  done
}

# by_endpoint NAME EMULATOR ARGUMENTS…: a run, and nothing is left at the emulator.
by_endpoint() {
  local name=$1 emulator=$2 address esmeralda=$work/esmeralda
  shift 2
  full_build
  ESMERALDA=$esmeralda .ci/emulators start "$emulator"
  # Not `local address=$(…)`: that would hide a failure.
  address=$(.ci/emulators target "$emulator")
  judged "$name" "$address" "$@"
  python3 .ci/report.py empty "$address"
}

# The engine takes up to fifteen seconds to end.
engine_seconds=60

# behind_engine EMULATOR COMMAND…: runs the command, which may say `$engine`, with the engine in front of the emulator.
behind_engine() {
  local emulator=$1 address upstream pid code=0 esmeralda=$work/esmeralda
  shift
  full_build
  ESMERALDA=$esmeralda .ci/emulators start "$emulator"
  address=$(.ci/emulators target "$emulator")
  upstream=${address#endpoint:}
  "$esmeralda" serve --upstream "${upstream%,preset=*}" --listen 127.0.0.1:0 >"$work/engine.out" 2>"$work/engine.log" &
  pid=$!
  within "$engine_seconds" grep -q '^Listening on ' "$work/engine.out" || {
    cat "$work/engine.log" >&2
    kill "$pid"
    return 1
  }
  engine=endpoint:$(sed -n 's/^Listening on \([^,]*\),.*/\1/p' "$work/engine.out"),preset=${address##*,preset=}
  "$@" || code=$?
  kill "$pid"
  wait "$pid" || code=$?
  return "$code"
}

# green NAME ARGUMENTS…: a run at `$engine` in which nothing is red or in doubt.
green() {
  local name=$1
  shift
  "$work/esmeralda" run "$engine" "$@" --out "$work/$name" --format json >"$work/$name.json" || {
    tail -c 4000 "$work/$name.json" >&2
    return 1
  }
  python3 .ci/report.py green "$work/$name.json"
}

# by_container NAME EMULATOR ARGUMENTS…: a run, and no container is left.
by_container() {
  local name=$1 emulator=$2 esmeralda=$work/esmeralda
  shift 2
  full_build
  judged "$name" "container:$emulator" "$@"
  nothing_runs "$emulator"
}

# nothing_runs EMULATOR: no container of its image that a run started is left.
nothing_runs() {
  local left
  left=$(docker ps --all --quiet --filter label=esmeralda.process \
    --filter "ancestor=$(sed -n "s/^$1_tag=//p" .ci/images)")
  [ -z "$left" ] || {
    echo "containers of $1 are left: $left" >&2
    return 1
  }
}

# ends CODE TEXT COMMAND…: the command ends with the code, and says the text.
ends() {
  local wanted=$1 text=$2 code=0 said
  shift 2
  said=$("$@" 2>&1) || code=$?
  if [ "$code" -ne "$wanted" ] || [[ $said != *"$text"* ]]; then
    printf 'exit %s of %s, where %s and "%s" were expected:\n%s\n' "$code" "$*" "$wanted" "$text" "${said:0:4000}" >&2
    return 1
  fi
  echo "exit $code, $text: $*"
}

# What cannot be started is told, and does not pass.
no_engine() {
  local esmeralda=$work/esmeralda
  full_build
  ends 3 "could not run: no container engine at unix:///nonexistent.sock" \
    env DOCKER_HOST=unix:///nonexistent.sock "$esmeralda" run container:ministack --cases 1 --out "$work/no-engine"
}
