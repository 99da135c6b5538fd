# Sourced by the wrappers, which say in $here where they lie: tool PROJECT ARGS… builds src/PROJECT when a source is newer than the last build, then becomes it.
# Always: build output goes to standard error, a failed build leaves the stamp as it was, and two callers at once build once.
# EVALSHA_NO_BUILD=1 runs what was built last without looking.
tool() {
  local project=$1 out stamp fresh
  shift
  out=artifacts/tools/$project
  stamp=$out.stamp
  if [ "${EVALSHA_NO_BUILD:-}" != 1 ] && tool_is_stale; then
    mkdir -p artifacts/tools
    exec 8>"$out.lock"
    flock 8
    if tool_is_stale; then
      fresh=$(mktemp "$out.XXXXXX")
      echo "building $project …" >&2
      if ! env -u MSBUILDDISABLENODEREUSE UseSharedCompilation=true dotnet publish "src/$project" -c Release -r "$(tool_rid)" --self-contained false \
        -p:PublishReadyToRun=true -v quiet --nologo -o "$out" >"$out.log" 2>&1 8>&-; then
        cat "$out.log" >&2
        rm -f "$fresh"
        exit 70
      fi
      mv "$fresh" "$stamp"
    fi
    exec 8>&-
  fi
  export DOTNET_TieredPGO=${DOTNET_TieredPGO:-0}
  export REFEREE_COMMAND="$TOOL_ROOT/referee"
  cd "$CALLED_FROM"
  exec dotnet exec "$TOOL_ROOT/$out/$project.dll" "$@"
}

tool_is_stale() {
  [ ! -f "$stamp" ] || [ -n "$(find src samples Directory.Build.props Directory.Packages.props global.json -newer "$stamp" -print -quit)" ]
}

tool_rid() {
  local os=linux arch=x64
  [ "$(uname -s)" = Darwin ] && os=osx
  case "$(uname -m)" in aarch64 | arm64) arch=arm64 ;; esac
  echo "$os-$arch"
}

# No process is started but find: this stands before every run.
CALLED_FROM=$PWD
cd "$here"
TOOL_ROOT=$PWD
