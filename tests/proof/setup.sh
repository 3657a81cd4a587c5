#!/bin/sh
# Installs what the proofs need from Debian (debian-packages.txt beside this file); nothing where it is all there.
set -eu
list=$(dirname -- "$(readlink -f -- "$0")")/debian-packages.txt

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
echo "proof: installing Debian packages:$missing" >&2
# shellcheck disable=SC2086  # a word list on purpose
DEBIAN_FRONTEND=noninteractive $as_root apt-get -q -o DPkg::Lock::Timeout=300 install -y --no-install-recommends $missing >&2
