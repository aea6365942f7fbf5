#!/usr/bin/env bash
# Holds event streams open through LLMProxy on which nothing is said, and fails if one is lost, if a heartbeat does not come in
# time, or if a stream takes too much memory.
#
#   mvn -B verify && server/bench/idle-streams.sh [STREAMS] [SECONDS]      5000 streams and 300 seconds unless given
#
# Needs Linux, a JDK 17 or newer, the built jar, and four file descriptors a stream. What can be set, by environment:
#   LIMIT_KIB=60   most resident memory a stream
#   HEARTBEAT=15   seconds
#   JAVA_OPTS      options of the proxy's JVM, instead of those in server/bin/jvm.options
#   PORT=19960     the first of three ports
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
streams=${1:-5000} seconds=${2:-300}
case $streams$seconds in *[!0-9]* | 0*) echo "usage: server/bench/idle-streams.sh [STREAMS] [SECONDS]" >&2; exit 2 ;; esac
jar=${JAR:-$here/../../target/llmproxy.jar}
bin=${JAVA_HOME:+$JAVA_HOME/bin/}
read -ra java_opts <<<"${JAVA_OPTS:-@$here/../bin/jvm.options}"
limit=${LIMIT_KIB:-60} heartbeat=${HEARTBEAT:-15} port=${PORT:-19960}
proxy=$port admin=$((port + 1)) mock=$((port + 2))
[ -r "$jar" ] || { echo "idle-streams: no $jar; build it first" >&2; exit 2; }
[ -r /proc/self/status ] || { echo "idle-streams: no /proc, so memory could not be measured" >&2; exit 2; }
ulimit -n "$(ulimit -Hn)"
[ "$(ulimit -n)" = unlimited ] || [ "$(ulimit -n)" -ge $((streams * 2 + 200)) ] ||
    { echo "idle-streams: at most $(ulimit -n) file descriptors, $((streams * 2 + 200)) are needed" >&2; exit 2; }

tmp=$(mktemp -d)
pids=()
cleanup() {
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    wait 2>/dev/null || true
    rm -rf "$tmp"
}
trap cleanup EXIT

# await SECONDS WHAT COMMAND...: until the command succeeds.
await() {
    local tries=$(($1 * 10)) what=$2
    shift 2
    until "$@" 2>/dev/null; do
        if [ $((tries -= 1)) -le 0 ]; then
            echo "idle-streams: $what" >&2
            cat "$tmp"/*.out "$tmp"/*.err >&2 || true
            exit 1
        fi
        sleep 0.1
    done
}

listens() {
    (exec 3<>"/dev/tcp/127.0.0.1/$1")
}

opened() {
    grep -q '^open' "$tmp/streams.out" || ! kill -0 "$client_pid"
}

# resident: KiB of the proxy after a collection.
resident() {
    "${bin}jcmd" "$proxy_pid" GC.run >/dev/null
    sleep 2
    awk '/^VmRSS/ { print $2 }' "/proc/$proxy_pid/status"
}

ticks() {
    awk '{ sub(/.*\) /, ""); print $12 + $13 }' "/proc/$proxy_pid/stat"
}

# hold STREAMS SECONDS: begins to, in the background.
hold() {
    "${bin}java" -Xmx256m -XX:+UseSerialGC -cp "$tmp/classes" IdleStreams "$mock" "$proxy" "$1" "$2" "$heartbeat" \
        >"$tmp/streams.out" 2>"$tmp/streams.err" & client_pid=$!
    pids+=("$client_pid")
    await 300 "the streams could not be opened" opened
}

cat >"$tmp/config.yaml" <<Y
http_server:
  forwards:
    - { name: idle, port: $proxy, address: 127.0.0.1, upstream_group: mock }
  admin: { port: $admin, address: 127.0.0.1 }
upstreams:
  - { name: mock, url: "http://127.0.0.1:$mock" }
upstream_groups:
  - name: mock
    upstreams: [ { name: mock } ]
    http_client: { heartbeat: $heartbeat, timeout: { stall: 3600 } }
log: { level: warn, access_file: $tmp/access.log }
Y

mkdir "$tmp/classes"
"${bin}javac" -d "$tmp/classes" "$here/MockLlm.java" "$here/IdleStreams.java"
"${bin}java" "${java_opts[@]}" -jar "$jar" --config "$tmp/config.yaml" >"$tmp/proxy.out" 2>"$tmp/proxy.err" & proxy_pid=$!
pids+=("$proxy_pid")
await 60 "the proxy did not start" listens "$proxy"
flags=${JAVA_OPTS:-$(grep -v '^#' "$here/../bin/jvm.options" | xargs)}
echo "$(date -u +%F), $(uname -sm), $(getconf _NPROCESSORS_ONLN) cores, load average $(cut -d' ' -f1 /proc/loadavg) before the start"
echo "java: $("${bin}java" -version 2>&1 | head -1), $flags"

# Classes are loaded, code is compiled and threads exist before memory is counted.
hold 100 1
wait "$client_pid" || true
before=$(resident)
hold "$streams" "$seconds"
after=$(resident)
# The time in which the streams were opened does not count, nor does the collection.
sleep "$heartbeat"
cpu=$(ticks) since=$SECONDS
status=0
wait "$client_pid" || status=$?
cpu=$(awk -v t=$(($(ticks) - cpu)) -v hz="$(getconf CLK_TCK)" -v s=$((SECONDS - since)) 'BEGIN { printf "%.1f", t * 100 / hz / (s ? s : 1) }')
cat "$tmp/streams.out" "$tmp/streams.err"
each=$(awk -v d=$((after - before)) -v n="$streams" 'BEGIN { printf "%.1f", d / n }')
echo "resident: $((before / 1024)) MiB before, $((after / 1024)) MiB with $streams streams, $each KiB a stream (limit $limit)"
echo "CPU of the proxy while the streams were idle: $cpu % of a core; load average $(cut -d' ' -f1 /proc/loadavg)"
if [ "$status" != 0 ]; then
    echo "FAILED: streams were lost, or heartbeats did not come in time" >&2
    head -5 "$tmp/proxy.err" >&2
fi
if awk -v e="$each" -v l="$limit" 'BEGIN { exit !(e > l) }'; then
    echo "FAILED: $each KiB a stream" >&2
    status=1
fi
[ "$status" = 0 ] || exit 1
echo "ok"
