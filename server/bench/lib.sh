# shellcheck shell=bash
# What the scripts beside it have in common. To be sourced, once "here" is set and arguments are known to be good.

script=$(basename "$0" .sh)
jar=${JAR:-$here/../../target/llmproxy.jar}
bin=${JAVA_HOME:+$JAVA_HOME/bin/}
java=${bin}java
read -ra java_opts <<<"${JAVA_OPTS:-@$here/../bin/jvm.options}"
[ -r "$jar" ] || { echo "$script: no $jar; build it first" >&2; exit 2; }
ulimit -n "$(ulimit -Hn)"
load_before=$(cut -d' ' -f1 /proc/loadavg 2>/dev/null || echo unknown)

# A directory for files, and what to end: both are gone when the script ends.
tmp=$(mktemp -d)
pids=()
cleanup() {
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    # One that was stopped ends only when it goes on.
    for pid in "${pids[@]}"; do kill -CONT "$pid" 2>/dev/null || true; done
    wait 2>/dev/null || true
    rm -rf "$tmp"
}
trap cleanup EXIT

# await_that SECONDS WHAT COMMAND...: until the command succeeds; if it does not, tells what the programs have said.
await_that() {
    local tries=$(($1 * 10)) what=$2
    shift 2
    until "$@" 2>/dev/null; do
        if [ $((tries -= 1)) -le 0 ]; then
            echo "$script: $what" >&2
            cat "$tmp"/*.out "$tmp"/*.err >&2 2>/dev/null || true
            exit 1
        fi
        sleep 0.1
    done
}

listens() {
    (exec 3<>"/dev/tcp/127.0.0.1/$1")
}

# Ends the script if somebody else listens on one of the ports, who would be measured otherwise.
claim() {
    local taken
    for taken in "$@"; do
        if listens "$taken" 2>/dev/null; then
            echo "$script: port $taken is in use; set PORT" >&2
            exit 2
        fi
    done
}

# Waits until something listens on a port.
await() {
    await_that 60 "nothing listens on port $1" listens "$1"
}

# compile PROGRAM...: those beside this file.
compile() {
    mkdir "$tmp/classes"
    "${bin}javac" -d "$tmp/classes" "${@/#/$here/}"
}

# mock PORT EVENTS INTERVAL: begins to answer there, with the options of mock_opts; its process is mock_pid.
mock() {
    claim "$1"
    "$java" -Xmx512m -XX:+UseSerialGC ${mock_opts:-} -cp "$tmp/classes" MockLlm "$@" >"$tmp/mock$1.out" & mock_pid=$!
    pids+=("$mock_pid")
    await "$1"
}

# launch NAME PORT: LLMProxy with the configuration $tmp/NAME.yaml; its process is proxy_pid.
launch() {
    claim "$2"
    "$java" "${java_opts[@]}" -jar "$jar" --config "$tmp/$1.yaml" >"$tmp/$1.out" 2>"$tmp/$1.err" & proxy_pid=$!
    pids+=("$proxy_pid")
    await "$2"
}

# proxy_config PORT ADMIN_PORT UPSTREAM_PORT: a forward to one upstream, and else what is built in.
proxy_config() {
    cat <<Y
http_server:
  forwards:
    - { name: bench, port: $1, address: 127.0.0.1, upstream_group: mock }
  admin: { port: $2, address: 127.0.0.1 }
upstreams:
  - { name: mock, url: "http://127.0.0.1:$3" }
upstream_groups:
  - name: mock
    upstreams: [ { name: mock } ]
Y
}

# start_nginx PORT UPSTREAM_PORT [DIRECTIVES]: an nginx that does the same, with what else is to stand in its server. Its process
# is nginx_pid, which is empty where nginx is not installed.
start_nginx() {
    nginx_pid=
    command -v nginx >/dev/null || return 0
    claim "$1"
    cat >"$tmp/nginx.conf" <<N
worker_processes auto;
daemon off;
pid $tmp/nginx.pid;
error_log $tmp/nginx.err;
events { worker_connections 16384; }
http {
    access_log $tmp/nginx.log;
    keepalive_requests 100000000;
    client_body_temp_path $tmp/body;
    proxy_temp_path $tmp/proxy;
    fastcgi_temp_path $tmp/fastcgi;
    uwsgi_temp_path $tmp/uwsgi;
    scgi_temp_path $tmp/scgi;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_buffering off;
    upstream mock { server 127.0.0.1:$2; keepalive 1024; keepalive_requests 100000000; }
    server {
        listen 127.0.0.1:$1;
        ${3-}
        location / { proxy_pass http://mock; }
    }
}
N
    nginx -c "$tmp/nginx.conf" 2>/dev/null & nginx_pid=$!
    pids+=("$nginx_pid")
    await "$1"
}

# hold UPSTREAM_PORT PORT STREAMS SECONDS HEARTBEAT: opens silent streams and goes on when all are open; their process is streams_pid.
hold() {
    "$java" -Xmx256m -XX:+UseSerialGC -cp "$tmp/classes" IdleStreams "$@" >"$tmp/streams.out" 2>"$tmp/streams.err" & streams_pid=$!
    pids+=("$streams_pid")
    await_that 300 "the streams could not be opened" opened
}

opened() {
    grep -q '^open' "$tmp/streams.out" || ! kill -0 "$streams_pid"
}

# Resident memory in KiB of a JVM after a collection.
resident() {
    "${bin}jcmd" "$1" GC.run >/dev/null
    sleep 2
    awk '/^VmRSS/ { print $2 }' "/proc/$1/status"
}

# KiB of the heap that a JVM uses.
heap() {
    "${bin}jcmd" "$1" GC.heap_info | awk '/total [0-9]+K, used [0-9]+K/ { sub(/.* used /, ""); n += $1 } END { print n + 0 }'
}

# CPU time in clock ticks of a process and its children; 0 where there is no /proc.
ticks() {
    local sum=0 stat pid
    for pid in "$1" $(cat "/proc/$1/task"/*/children 2>/dev/null); do
        if stat=$(cat "/proc/$pid/stat" 2>/dev/null); then
            read -ra stat <<<"${stat##*) }"
            sum=$((sum + stat[11] + stat[12]))
        fi
    done
    echo "$sum"
}

# CPU time in microseconds of each of so many pieces of work that took so many clock ticks.
micros() { # TICKS COUNT
    awk -v t="$1" -v hz="$(getconf CLK_TCK)" -v n="$2" 'BEGIN { printf "%.1f", n ? t / hz * 1e6 / n : 0 }'
}

# So many clock ticks in so many seconds, in per cent of a core.
percent() { # TICKS SECONDS
    awk -v t="$1" -v hz="$(getconf CLK_TCK)" -v s="$2" 'BEGIN { printf "%.1f", t * 100 / hz / (s ? s : 1) }'
}

# The middle one of the numbers that come in; of an even count the lower of the two.
median() {
    sort -n | awk '{ a[NR] = $1 } END { print a[int((NR + 1) / 2)] }'
}

# What the figures were measured on.
machine() {
    echo "date: $(date -u +%F)"
    echo "machine: $(uname -sm), $(getconf _NPROCESSORS_ONLN) cores, $(sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo 2>/dev/null | head -1);" \
        "load average $load_before before the start"
    echo "java: $("$java" -version 2>&1 | head -1), ${JAVA_OPTS:-$(grep -v '^#' "$here/../bin/jvm.options" | xargs)}"
}
