#!/usr/bin/env bash
# Holds event streams open through LLMProxy on which nothing is said, and fails if one is lost, if a heartbeat does not come in
# time, or if a stream takes too much memory.
#
#   mvn -B verify && server/bench/idle-streams.sh [STREAMS] [SECONDS]      5000 streams and 300 seconds unless given
#
# Needs Linux, a JDK 17 or newer, the built jar, and four file descriptors a stream. What can be set, by environment:
#   LIMIT_KIB=36   most resident memory a stream
#   HEARTBEAT=15   seconds
#   JAVA_OPTS      options of the proxy's JVM, instead of those in server/bin/jvm.options
#   PORT=19960     the first of three ports
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
streams=${1:-5000} seconds=${2:-300}
case $streams$seconds in *[!0-9]* | 0*) echo "usage: server/bench/idle-streams.sh [STREAMS] [SECONDS]" >&2; exit 2 ;; esac
limit=${LIMIT_KIB:-36} heartbeat=${HEARTBEAT:-15} port=${PORT:-19960}
proxy=$port admin=$((port + 1)) mock=$((port + 2))
[ -r /proc/self/status ] || { echo "idle-streams: no /proc, so memory could not be measured" >&2; exit 2; }
. "$here/lib.sh"
[ "$(ulimit -n)" = unlimited ] || [ "$(ulimit -n)" -ge $((streams * 2 + 200)) ] ||
    { echo "idle-streams: at most $(ulimit -n) file descriptors, $((streams * 2 + 200)) are needed" >&2; exit 2; }

cat >"$tmp/proxy.yaml" <<Y
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

compile MockLlm.java IdleStreams.java
launch proxy "$proxy"
machine

# Classes are loaded, code is compiled and threads exist before memory is counted.
hold "$mock" "$proxy" 100 1 "$heartbeat"
wait "$streams_pid" || true
before=$(resident "$proxy_pid")
hold "$mock" "$proxy" "$streams" "$seconds" "$heartbeat"
after=$(resident "$proxy_pid")
# The time in which the streams were opened does not count, nor does the collection.
sleep "$heartbeat"
cpu=$(ticks "$proxy_pid") since=$SECONDS
status=0
wait "$streams_pid" || status=$?
cpu=$(percent $(($(ticks "$proxy_pid") - cpu)) $((SECONDS - since)))
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
