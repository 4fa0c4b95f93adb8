# What the scripts that need packages, an engine or a cache share. Sourced, not for running alone.
# shellcheck shell=bash

# What costs time to make and stays the same: kept from run to run, and safe to delete.
# shellcheck disable=SC2034 # The scripts that source this use it.
cache=${ESMERALDA_CACHE:-${CARGO_TARGET_DIR:-target}/ci-cache}

# loudly WHAT WHY…: an error that nobody overlooks.
loudly() {
  local line
  printf '\n' >&2
  for line in "$@"; do printf '!!! %s\n' "$line" >&2; done
  printf '\n' >&2
}

# How often something that needs the network is tried, how long each time, and the pause before the next.
tries=3
try_seconds=300
pause_seconds=5

# patiently COMMAND…: a program that needs the network, tried again if it fails or takes too long.
patiently() {
  local number
  for ((number = 1; number <= tries; number++)); do
    timeout --kill-after 10 "$try_seconds" "$@" && return
    echo "attempt $number of $tries failed: $1" >&2
    [ "$number" -eq "$tries" ] || sleep "$pause_seconds"
  done
  return 1
}

# installed PACKAGE…: Debian packages, for root on a machine that has them. Fails if they cannot be had.
installed() {
  local missing=() package
  for package in "$@"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
  done
  [ "${#missing[@]}" -gt 0 ] || return 0
  command -v apt-get >/dev/null || {
    echo "missing: ${missing[*]}, and there is no apt-get" >&2
    return 1
  }
  [ "$(id -u)" -eq 0 ] || {
    echo "missing: ${missing[*]}: install them, or run this as root" >&2
    return 1
  }
  echo "installing ${missing[*]}"
  mkdir -p "$cache"
  # One at a time: apt does not wait for another apt.
  (
    flock --wait "$((tries * try_seconds))" 9
    patiently apt-get -qq update
    DEBIAN_FRONTEND=noninteractive patiently apt-get -qq install -y --no-install-recommends "${missing[@]}"
  ) 9>"$cache/apt.lock" >/dev/null
}

# within SECONDS COMMAND…: waits until the command succeeds.
within() {
  local until=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$until" ] || return 1
    sleep 0.2
  done
}

# Whether a container engine answers.
answers() {
  docker info --format '{{.ServerVersion}}' >/dev/null 2>&1
}
