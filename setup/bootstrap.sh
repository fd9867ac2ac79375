#!/usr/bin/env bash
# Makes everything that `tidegate up` and the tests need: Java and Maven, .venv, the Connect plugin, the jars.
# Each step leaves a stamp with the hash of what it was made from; a step whose stamp still fits does nothing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
stamps=.jars/.stamps
mkdir -p "$stamps"

say() { printf 'setup: %s\n' "$*" >&2; }
fail() { printf 'setup: %s\n' "$@" >&2; exit 1; }
hash_of() { find "$@" -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -d' ' -f1; }
# fresh NAME HASH MADE: does the stamp NAME say HASH, and is what it made (a path) still there?
fresh() { [[ -e $3 && -f $stamps/$1 && $(<"$stamps/$1") == "$2" ]]; }
stamp() { printf '%s\n' "$2" >"$stamps/$1"; }

# Two set-ups at once would write the same folders; the second waits and then finds its work done.
if command -v flock >/dev/null; then
  exec 9>"$stamps/.lock"
  flock 9
fi

apt_install() { # WHAT FOR: PACKAGE...
  local purpose=$1
  shift
  if [[ $(id -u) -ne 0 ]] || ! command -v apt-get >/dev/null; then
    fail "$purpose is missing." "Install it, then run make setup again; on Debian: sudo apt-get install $*"
  fi
  say "installing $* with apt-get"
  export DEBIAN_FRONTEND=noninteractive
  { apt-get update -qq && apt-get install -y -qq --no-install-recommends "$@"; } >"$stamps/apt.log" 2>&1 ||
    fail "apt-get could not install $*:" "$(tail -n 5 "$stamps/apt.log")"
}

java_major() { javac -version 2>&1 | sed -n 's/^javac \([0-9]*\).*/\1/p'; }

ensure_java_and_maven() {
  local missing=()
  command -v javac >/dev/null || missing+=(openjdk-17-jdk-headless)
  command -v mvn >/dev/null || missing+=(maven)
  [[ ${#missing[@]} -eq 0 ]] || apt_install "Java 17 (a JDK) or Maven" "${missing[@]}"
  local major
  major=$(java_major)
  [[ ${major:-0} -ge 17 ]] ||
    fail "the JDK on the PATH is version ${major:-unknown}; Kafka, Connect and Spark need 17." \
      "Install openjdk-17-jdk-headless and put it first on the PATH (or set JAVA_HOME and PATH)."
}

is_python_311() { "$1" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; }

find_python() {
  local candidate
  for candidate in "${PYTHON:-}" python3.11 python3 python /usr/bin/python3.11; do
    if [[ -n $candidate ]] && command -v "$candidate" >/dev/null && is_python_311 "$candidate"; then
      command -v "$candidate"
      return
    fi
  done
  fail "no Python 3.11 with the modules venv and ensurepip was found." \
    "Install it (Debian 12: apt-get install python3.11 python3.11-venv), or name it: make setup PYTHON=/path/to/python3.11"
}

ensure_environment() {
  local wanted
  wanted=$(hash_of requirements.lock pyproject.toml)
  fresh environment "$wanted" .venv/bin/tidegate && return
  if ! { [[ -x .venv/bin/python ]] && is_python_311 .venv/bin/python; }; then
    local python
    python=$(find_python)
    say "making .venv with $python"
    rm -rf .venv
    "$python" -m venv .venv
  fi
  say "installing what requirements.lock pins"
  local seed
  seed=$(mktemp)
  # shellcheck disable=SC2064  # the name is known now
  trap "rm -f '$seed'" RETURN
  awk '/^[^ #]/ { wanted = /^uv==/ } wanted' requirements.lock >"$seed"
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r "$seed"
  .venv/bin/uv pip sync --system-certs --quiet --python .venv/bin/python --require-hashes requirements.lock
  # setuptools, which builds it, came with the lock: nothing unpinned is fetched.
  .venv/bin/uv pip install --system-certs --quiet --python .venv/bin/python --no-build-isolation --no-deps --editable .
  stamp environment "$wanted"
}

ensure_plugin() {
  local wanted
  wanted=$(hash_of connect/pom.xml connect/s3-sink/pom.xml connect/s3-sink/src/main)
  fresh plugin "$wanted" connect/s3-sink/target/plugin/tidegate-s3-sink && return
  say "building the S3 sink"
  mvn -q -B -Dstyle.color=never -f connect/pom.xml package -DskipTests
  stamp plugin "$wanted"
}

ensure_jars() { # NAME: one class path, from connect/runtime/NAME/pom.xml into .jars/NAME
  local wanted
  wanted=$(hash_of "connect/runtime/$1/pom.xml")
  fresh "$1" "$wanted" ".jars/$1" && return
  say "gathering the jars of $1"
  rm -rf ".jars/$1"
  if [[ $1 == kafka ]]; then rm -rf .jars/plugins .jars/.unpacked; fi
  mvn -q -B -Dstyle.color=never -f "connect/runtime/$1/pom.xml" package
  stamp "$1" "$wanted"
}

ensure_java_and_maven
ensure_environment
ensure_plugin
for name in kafka s3proxy spark; do ensure_jars "$name"; done
