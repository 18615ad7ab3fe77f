# What several scripts share; sourced, never run.
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say() { printf '%s\n' "$*" >&2; }
fail() {
  say "${0##*/}: $*"
  exit 1
}

# The comment at the head of the calling script is its help.
usage() {
  awk 'NR > 1 && !/^#/ {exit} NR > 1 {sub(/^# ?/, ""); print}' "$0"
  exit 0
}

# How many compilers may run at once: one a core, but one for each 2 GiB of memory.
# SOURCE: Asio and Beast under ASan take 1.2 to 1.8 GiB a file with g++ 12.
jobs() {
  local cores memory limit
  cores=$(nproc)
  memory=$(awk '/^MemAvailable:/ {print int($2 / 1024)}' /proc/meminfo)
  if [[ -r /sys/fs/cgroup/memory.max ]]; then
    limit=$(cat /sys/fs/cgroup/memory.max)
    [[ $limit == max ]] || limit=$((limit / 1048576))
    [[ $limit == max || $limit -ge $memory ]] || memory=$limit
  fi
  local by_memory=$((memory / 2048))
  ((by_memory >= 1)) || by_memory=1
  echo $((cores < by_memory ? cores : by_memory))
}

# Configures build/PRESET, with make where there is no ninja.
configure() {
  local preset=$1 cache="$root/build/$1/CMakeCache.txt" generator=()
  if [[ ! -f $cache ]] && ! command -v ninja >/dev/null; then generator=(-G "Unix Makefiles"); fi
  if [[ -f $cache ]] && grep -q '^CMAKE_GENERATOR:.*=Unix Makefiles' "$cache"; then
    generator=(-G "Unix Makefiles")
  fi
  (cd "$root" && cmake --preset "$preset" "${generator[@]}" --log-level=WARNING >/dev/null)
}
