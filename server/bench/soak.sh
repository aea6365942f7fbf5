#!/usr/bin/env bash
# Loads LLMProxy for a long time with upstreams that misbehave and clients that leave, and fails if it keeps anything of that or
# if a client was answered wrongly.
#
#   mvn -B verify && server/bench/soak.sh [SECONDS]      1200 seconds unless given
#
# Needs Linux, a JDK 17 or newer and the built jar. What can be set, by environment:
#   RATE=200           exchanges begun a second
#   STREAM_SHARE=70    per cent of them that are streams
#   ABORTS=5           per cent that the client leaves, half of them by a reset
#   FAULTS=20          of a thousand requests to an upstream, how many it treats badly
#   EVENTS=15          events of a stream, INTERVAL=100 milliseconds apart
#   WARM=30            seconds of the load before the first look
#   SETTLE=20          seconds without load before each look
#   JAVA_OPTS          options of the proxy's JVM, instead of those in server/bin/jvm.options
#   PORT=19940         the first of five ports
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
seconds=${1:-1200}
case $seconds in '' | *[!0-9]* | 0*) echo "usage: server/bench/soak.sh [SECONDS]" >&2; exit 2 ;; esac
rate=${RATE:-200} streams=${STREAM_SHARE:-70} aborts=${ABORTS:-5} faults=${FAULTS:-20}
events=${EVENTS:-15} interval=${INTERVAL:-100} warm=${WARM:-30} settle=${SETTLE:-20} port=${PORT:-19940}
proxy=$port admin=$((port + 1)) mocks=($((port + 2)) $((port + 3)) $((port + 4)))
[ -r /proc/self/fd ] || { echo "soak: no /proc, so nothing could be counted" >&2; exit 2; }
. "$here/lib.sh"

failures=0

fail() {
    echo "FAILED: $*" >&2
    failures=$((failures + 1))
}

metrics() {
    local connection
    exec {connection}<>"/dev/tcp/127.0.0.1/$admin"
    printf 'GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' >&"$connection"
    tr -d '\r' <&"$connection"
}

# sum PATTERN FILE: the sum of the metrics whose name and labels match.
sum() {
    awk -v p="$1" '$1 ~ p { n += $2 } END { printf "%d", n }' "$2"
}

# grown PATTERN: by how much the sum has grown since the look after the warm-up.
grown() {
    echo $(($(sum "$1" "$tmp/metrics.after") - $(sum "$1" "$tmp/metrics.before")))
}

kib() {
    awk -v name="$1:" '$1 == name { print $2 }' "/proc/$proxy_pid/status"
}

descriptors() {
    find "/proc/$proxy_pid/fd" -mindepth 1 | wc -l
}

# figures: sets threads, fds and rss (MiB), which cost next to nothing to ask for.
figures() {
    threads=$(awk '/^Threads/ { print $2 }' "/proc/$proxy_pid/status")
    fds=$(descriptors)
    rss=$(($(kib VmRSS) / 1024))
}

# look NAME: prints and keeps what the proxy holds when nobody is being served.
look() {
    sleep "$settle"
    for _ in 1 2; do "${bin}jcmd" "$proxy_pid" GC.run >/dev/null; sleep 1; done
    figures
    metrics >"$tmp/metrics.$1"
    # In KiB, as whole MiB would hide what grows slowly.
    heap=$(($(sum '^jvm_memory_used_bytes{area="heap"}' "$tmp/metrics.$1") / 1024))
    direct=$(($(sum '^jvm_buffer_pool_used_bytes{pool="direct"}' "$tmp/metrics.$1") / 1024))
    echo "$1: live heap $heap KiB, direct memory $direct KiB, $threads threads, $fds descriptors, RSS $rss MiB"
}

# load SECONDS SEED: runs it beside the samples, of which the extremes are kept.
load() {
    local status=0
    "$java" -Xmx256m -XX:+UseSerialGC -cp "$tmp/classes" Soak \
        "$proxy" "$1" "$rate" "$streams" "$aborts" "$events" "$2" >"$tmp/load" & local pid=$!
    pids+=("$pid")
    while kill -0 "$pid" 2>/dev/null; do
        figures
        most_threads=$((threads > most_threads ? threads : most_threads))
        most_fds=$((fds > most_fds ? fds : most_fds))
        most_rss=$((rss > most_rss ? rss : most_rss))
        if ((SECONDS - reported >= 60)); then
            reported=$SECONDS
            metrics >"$tmp/metrics"
            echo "  after $((SECONDS - began)) s: $(sum '^llmproxy_http_requests_total' "$tmp/metrics") exchanges, heap with garbage" \
                "$(($(sum '^jvm_memory_used_bytes{area="heap"}' "$tmp/metrics") / 1048576)) MiB, direct memory" \
                "$(($(sum '^jvm_buffer_pool_used_bytes{pool="direct"}' "$tmp/metrics") / 1024)) KiB," \
                "$threads threads, $fds descriptors, RSS $rss MiB"
        fi
        sleep 3
    done
    wait "$pid" || status=$?
    cat "$tmp/load"
    [ "$status" = 0 ] || fail "clients were answered wrongly"
}

# check WHAT BEFORE AFTER MOST
check() {
    if [ "$3" -le "$4" ]; then
        echo "  $1: $2 before, $3 after, at most $4: ok"
    else
        fail "$1: $2 before, $3 after, at most $4"
    fi
}

cat >"$tmp/proxy.yaml" <<Y
http_server:
  forwards:
    - name: soak
      port: $proxy
      address: 127.0.0.1
      upstream_group: mocks
      ratelimit: { per_second: 10000, burst: 20000 }
      max_concurrent: 5000
  admin: { port: $admin, address: 127.0.0.1 }
upstreams:
$(for i in 0 1 2; do echo "  - { name: mock$i, url: \"http://127.0.0.1:${mocks[i]}\", breaker: { threshold: 0.5, cooldown: 2 }, health_check: { interval: 2 } }"; done)
upstream_groups:
  - name: mocks
    upstreams: [ { name: mock0 }, { name: mock1 }, { name: mock2 } ]
    balance: { strategy: roundrobin }
    http_client:
      timeout: { idle: 5, stall: 3 }
      retry: { attempts: 2, initial: 100 }
log: { level: warn, access_file: $tmp/access.log }
Y

compile MockLlm.java Soak.java
mock_pids=()
for i in 0 1 2; do
    mock "${mocks[i]}" "$events" "$interval" "$faults"
    mock_pids+=("$mock_pid")
done
launch proxy "$proxy"
machine
echo "$rate exchanges a second for $seconds s: $streams % streams of $events events $interval ms apart, $aborts % left by the client;" \
    "three upstreams that treat $faults of 1000 requests badly"

most_threads=0 most_fds=0 most_rss=0 began=$SECONDS reported=$SECONDS
echo "warming up for $warm s"
load "$warm" 1
look before
before_heap=$heap before_direct=$direct before_threads=$threads before_fds=$fds
cpu=$(ticks "$proxy_pid") since=$SECONDS
load "$seconds" 2
cpu=$(percent $(($(ticks "$proxy_pid") - cpu)) $((SECONDS - since)))
echo "while loaded: $cpu % of a core, at most $most_threads threads, $most_fds descriptors, RSS $most_rss MiB; load average" \
    "$(cut -d' ' -f1 /proc/loadavg)"
look after

for i in 0 1 2; do
    kill "${mock_pids[i]}"
    wait "${mock_pids[i]}" 2>/dev/null || true
    echo "  mock$i: $(cat "$tmp/mock${mocks[i]}.out")"
done
requests=$(grown '^llmproxy_http_requests_total')
attempts=$(grown '^llmproxy_upstream_requests_total')
injected=$((attempts * faults / 1000 + 3))
echo "since the warm-up: $requests exchanges, $attempts requests to upstreams, about $injected faults injected," \
    "$(grown '^llmproxy_retries_total.*sent') failovers and retries; since the start:"
grep -E '^llmproxy_(http_request_errors|upstream_errors|retries|circuitbreaker_state_changes|shed)_total' "$tmp/metrics.after" |
    awk '$2 > 0 { print "  " $1, int($2) }'
check "live heap, KiB" "$before_heap" "$heap" $((before_heap * 12 / 10 + 15 * 1024))
check "direct memory, KiB" "$before_direct" "$direct" $((before_direct + 8 * 1024))
check "threads" "$before_threads" "$threads" $((before_threads + 3))
check "descriptors" "$before_fds" "$fds" $((before_fds + 8))
# Each exchange that failed without its client's doing had a fault.
failed=$(($(grown '^llmproxy_http_request_errors_total') - $(grown '^llmproxy_http_request_errors_total.*client_closed_request')))
check "exchanges that failed, and faults" 0 "$failed" "$injected"
lines=$(wc -l <"$tmp/access.log") requests=$(sum '^llmproxy_http_requests_total' "$tmp/metrics.after")
[ "$lines" = "$requests" ] || fail "$lines access lines for $requests exchanges"
if grep ' ERROR ' "$tmp/proxy.err" >"$tmp/errors"; then
    fail "the proxy logged $(wc -l <"$tmp/errors") errors: $(head -3 "$tmp/errors")"
fi
status=0
kill "$proxy_pid"
wait "$proxy_pid" || status=$?
[ "$status" = 0 ] || fail "the proxy ended with $status"
[ "$failures" = 0 ] || exit 1
echo "ok"
