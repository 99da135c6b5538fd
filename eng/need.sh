# Sourced: need COMMAND PACKAGE installs a Debian package when the command is missing, and says what to do where that cannot be.
# No service is started by an install: the tests start their own servers on free ports.
need() {
  command -v "$1" >/dev/null 2>&1 && return 0
  echo "installing $2 (for $1) …" >&2
  if ! command -v apt-get >/dev/null 2>&1; then
    echo "$1 is missing and there is no apt-get here: install it by hand (package $2, or the one of your system that holds $1)" >&2
    return 1
  fi
  local as_root=
  [ "$(id -u)" = 0 ] || as_root=sudo
  if [ -z "${NEED_UPDATED:-}" ]; then
    $as_root apt-get update -qq >&2
    NEED_UPDATED=1
  fi
  DEBIAN_FRONTEND=noninteractive $as_root env RUNLEVEL=1 apt-get install -y -qq --no-install-recommends "$2" >&2
}
