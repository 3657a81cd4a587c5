#!/bin/sh
# Installs what is missing of a list of Debian packages (same form as debian-packages.txt of the program).
# Usage: tests/setup.sh LIST. Where it may not install, it says the line for root and goes on: what needs them fails and says so.
set -eu
list=$1

missing=
while read -r name proof _; do
  case $name in '' | '#'*) continue ;; esac
  case $proof in
    */*) [ -e "$proof" ] || missing="$missing $name" ;;
    *) command -v "$proof" >/dev/null 2>&1 || missing="$missing $name" ;;
  esac
done <"$list"
[ -n "$missing" ] || exit 0

as_root=
[ "$(id -u)" -eq 0 ] || as_root='sudo -n'
if [ -n "$as_root" ] && ! sudo -n true 2>/dev/null; then
  echo "tests: some will fail without: sudo apt-get install --no-install-recommends$missing" >&2
  exit 0
fi

# shellcheck disable=SC2086  # word lists on purpose
install() {
  DEBIAN_FRONTEND=noninteractive $as_root apt-get -q -o DPkg::Lock::Timeout=300 install -y --no-install-recommends $missing >&2
}
echo "tests: installing Debian packages:$missing" >&2
install || { $as_root apt-get -q -o DPkg::Lock::Timeout=300 update >&2 && install; } ||
  echo "tests: could not install$missing: what needs them fails" >&2
