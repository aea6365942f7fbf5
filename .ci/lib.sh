# What .ci/run and .ci/nightly share. To be sourced, in the project's directory.

# java_home VERSION: the home of a JDK of that version, or nothing.
java_home() {
    local home
    for home in "${JAVA_HOME:-}" /usr/lib/jvm/*"$1"* /opt/java/*"$1"* /opt/jdk*"$1"*; do
        if [ -n "$home" ] && [ -x "$home/bin/javac" ] && "$home/bin/javac" -version 2>&1 | grep -q "^javac $1\b"; then
            (cd -P "$home" && pwd)
            return
        fi
    done
}

# Whatever is missing, if it can be had. What is there already stays as it is: others may be using it.
install() {
    local sudo=
    [ "$(id -u)" = 0 ] || sudo="sudo -n"
    if command -v apt-get >/dev/null; then
        $sudo apt-get update -q || true
        DEBIAN_FRONTEND=noninteractive $sudo apt-get install -q -y --no-upgrade --no-install-recommends "$@" || true
    fi
}

# Valkey, which Debian 12 has among its backports: what a machine need not list, and is where the rest of Debian is.
install_valkey() {
    local sudo= list=/etc/apt/sources.list.d/valkey-for-tests.list release
    [ "$(id -u)" = 0 ] || sudo="sudo -n"
    install valkey-server
    if ! command -v valkey-server >/dev/null && command -v apt-get >/dev/null; then
        release=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
        apt-get indextargets --format 'deb $(REPO_URI) $(CODENAME)-backports main' \
            'Created-By: Packages' 'Label: Debian' "Codename: $release" 'Component: main' | $sudo tee "$list" >/dev/null || true
        install valkey-server
        $sudo rm -f "$list"
    fi
}

# step WHAT: begins a step, and tells how long the one before took.
step() {
    [ -z "${current_step:-}" ] || steps+=("$(printf '%5d s  %s' $((SECONDS - step_began)) "$current_step")")
    current_step=$1 step_began=$SECONDS
    [ -z "$1" ] || echo "== $1"
}

# beside NAME COMMAND...: begins a command beside the others of the step; `together` waits for them.
beside() {
    local name=$1
    shift
    (
        began=$SECONDS status=0
        "$@" >"$logs/beside-$name" 2>&1 || status=$?
        echo "== $name: exit code $status after $((SECONDS - began)) s" >>"$logs/beside-$name"
        exit "$status"
    ) &
    beside+=("$!:$name")
}

# together: waits for what was begun beside each other, and prints it. Fails if any of it has failed, when all of it has ended.
together() {
    local one status=0
    for one in "${beside[@]}"; do
        wait "${one%%:*}" || status=1
        echo "== ${one#*:}"
        cat "$logs/beside-${one#*:}"
    done
    beside=()
    return "$status"
}

# verify JAVA_HOME COMMAND...: runs a build. Tells the totals of surefire and failsafe; fails if a test was skipped or there were none.
verify() {
    local home=$1 log status=0
    shift
    log=$logs/$((++builds))
    step "$* on $("$home/bin/java" -version 2>&1 | head -1)"
    JAVA_HOME=$home "$@" 2>&1 | tee "$log" || status=$?
    echo "== totals"
    grep -E '(Tests run: [0-9]+, Failures|BUILD (SUCCESS|FAILURE))' "$log" | grep -v -- '-- in ' || true
    if [ "$status" -ne 0 ]; then
        return "$status"
    fi
    if grep -qE 'Skipped: [1-9]' "$log"; then
        echo "a test was skipped" >&2
        return 1
    fi
    # Each phase of tests has its totals: the unit tests, the integration tests, those that weigh, those that measure.
    if [ "$(grep -E '^(\[[A-Z]+\] )?Tests run: [1-9]' "$log" | grep -vc -- '-- in ')" -lt "${phases:-4}" ]; then
        echo "a phase of tests had none" >&2
        return 1
    fi
}

# Tells where the time went, also of a run that failed.
summary() {
    local status=$?
    step ""
    echo "== the twenty slowest test classes"
    sed -nE 's/.*Time elapsed: ([0-9.]+) s.* -- in ([A-Za-z0-9_.$]+).*/\1 \2/p' "$logs"/* 2>/dev/null | sort -rn | head -20 |
        awk '{ printf "%9.1f s  %s\n", $1, $2 }' || true
    echo "== steps"
    printf '%s\n' "${steps[@]}"
    printf '%5d s  in all\n' "$SECONDS"
    if [ "$status" -ne 0 ]; then
        echo "== what failed"
        grep -hE -A 6 -e '-- Time elapsed.*<<< (FAILURE|ERROR)!$' "$logs"/* 2>/dev/null | cut -c 1-400 | head -80 || true
        grep -hE '^== [a-z]+: exit code [1-9]' "$logs"/* 2>/dev/null || true
    fi
    rm -rf "$logs"
    exit "$status"
}

prepare() {
    local missing=()
    [ -n "$(java_home 17)" ] || missing+=(openjdk-17-jdk-headless)
    command -v mvn >/dev/null || missing+=(maven)
    command -v npm >/dev/null || missing+=(nodejs npm)
    command -v promtool >/dev/null || missing+=(prometheus)
    # Those of limits that nodes share, too.
    command -v redis-server >/dev/null || missing+=(redis-server)
    # The tests of the store start servers of their own.
    ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || missing+=(postgresql)
    [ -x /usr/sbin/pgbouncer ] || missing+=(pgbouncer)
    # Those of the console open it in a browser.
    command -v chromium >/dev/null || missing+=(chromium)
    command -v chromedriver >/dev/null || missing+=(chromium-driver)
    [ ${#missing[@]} -eq 0 ] || install "${missing[@]}"
    command -v valkey-server >/dev/null || install_valkey
    java17=$(java_home 17)
    java25=$(java_home 25)
    [ -n "$java17" ] || { echo "no JDK 17" >&2; exit 1; }
    command -v mvn >/dev/null || { echo "no Maven" >&2; exit 1; }
    command -v npm >/dev/null || { echo "no Node.js with npm" >&2; exit 1; }
    ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || { echo "no PostgreSQL" >&2; exit 1; }
    [ -x /usr/sbin/pgbouncer ] || { echo "no PgBouncer" >&2; exit 1; }
    command -v redis-server >/dev/null || { echo "no Redis" >&2; exit 1; }
    command -v valkey-server >/dev/null || { echo "no Valkey" >&2; exit 1; }
    command -v chromium >/dev/null && command -v chromedriver >/dev/null || { echo "no Chromium with its driver" >&2; exit 1; }
    steps=() beside=() builds=0
    logs=$(mktemp -d)
    trap summary EXIT
}
