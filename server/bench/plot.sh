#!/usr/bin/env bash
# Measures and draws two curves: the time of plain requests over the load that is offered, of LLMProxy and of nginx beside it where
# that is installed, and the memory of LLMProxy over open streams on which nothing is said.
#
#   mvn -B verify && server/bench/plot.sh [DIRECTORY]      docs/plots unless given
#
# Writes latency.tsv, memory.tsv, and of each an SVG. The load is open: so many requests fall due each second, however long those
# before take, and the time of each counts from then. Needs Linux, a JDK 17 or newer and the built jar; four file descriptors a
# stream. What can be set, by environment:
#   ONLY="latency memory"   what is measured and drawn
#   RATES="1000 2000 5000 10000 15000 20000"   requests a second; a proxy that answers less than 90 % of one is spared the next
#   CONNS=256       connections that they are spread over
#   SECS=8          length of one measurement, after 2 s that do not count; WARM=20 of the load before the first one
#   ROUNDS=3        of which the one with the median p99 is kept
#   STREAMS="0 500 1000 2000 3000 5000"   open streams
#   IDLE=30         seconds in which the CPU time of silent streams is counted
#   HEARTBEAT=15    seconds
#   JAVA_OPTS       options of the proxy's JVM, instead of those in server/bin/jvm.options
#   PORT=19860      the first of eight ports
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
[ $# -le 1 ] || { echo "usage: server/bench/plot.sh [DIRECTORY]" >&2; exit 2; }
directory=${1:-$here/../../docs/plots}
only=${ONLY:-latency memory}
read -ra rates <<<"${RATES:-1000 2000 5000 10000 15000 20000}"
read -ra counts <<<"${STREAMS:-0 500 1000 2000 3000 5000}"
conns=${CONNS:-256} secs=${SECS:-8} warm=${WARM:-20} rounds=${ROUNDS:-3}
idle=${IDLE:-30} heartbeat=${HEARTBEAT:-15} port=${PORT:-19860}
case "$only" in latency | memory | "latency memory") ;; *) echo "plot: ONLY is latency or memory" >&2; exit 2 ;; esac
[ -r /proc/self/status ] || { echo "plot: no /proc, so memory could not be measured" >&2; exit 2; }
. "$here/lib.sh"
mkdir -p "$directory"

end() {
    kill "$1" 2>/dev/null || true
    wait "$1" 2>/dev/null || true
}

# measure NAME RATE SECONDS: one line of NAME RATE COUNT ANSWERED P50 P99 ERRORS.
measure() {
    local result
    result=$("$java" -Dlead=2 -Xmx512m -cp "$tmp/classes" Load open "${ports[$1]}" "$conns" "$3" "$2")
    echo "$1 $2 $result"
}

# middle NAME RATE: ANSWERED P50 P99 of the round that has the median p99. A whole round, so that its figures belong together.
middle() {
    awk -v n="$1" -v r="$2" '$1 == n && $2 == r { print $4, $5, $6 }' "$tmp/results" | sort -n -k 3 |
        awk '{ a[NR] = $0 } END { print a[int((NR + 1) / 2)] }'
}

latency() {
    local mock=$port proxy=$((port + 1)) nginx=$((port + 3)) rate round name
    declare -A ports=([direct]=$mock [nginx]=$nginx [llmproxy]=$proxy)
    mock "$mock" 1 1
    proxy_config "$proxy" $((port + 2)) "$mock" >"$tmp/latency.yaml"
    claim $((port + 2))
    launch latency "$proxy"
    local names=(direct nginx llmproxy)
    start_nginx "$nginx" "$mock"
    [ -n "$nginx_pid" ] || names=(direct llmproxy)
    echo "warming up for $warm s" >&2
    "$java" -Xmx512m -cp "$tmp/classes" Load plain "$proxy" 32 "$warm" >/dev/null
    : >"$tmp/results"
    echo "name, offered, count, answered a second, p50 us, p99 us, errors" >&2
    for rate in "${rates[@]}"; do
        for ((round = 0; round < rounds; round++)); do
            for name in "${names[@]}"; do
                measure "$name" "$rate" "$secs" | tee -a "$tmp/results" | sed 's/^/  /' >&2
            done
        done
        local carried=() answered p50 p99
        for name in "${names[@]}"; do
            read -r answered p50 p99 <<<"$(middle "$name" "$rate")"
            echo "$name $rate $answered $p50 $p99" \
                "$(awk -v n="$name" -v r="$rate" '$1 == n && $2 == r { e += $7 } END { print e }' "$tmp/results")" |
                tr ' ' '\t' >>"$tmp/latency"
            if [ "$answered" -ge $((rate * 9 / 10)) ]; then carried+=("$name"); fi
        done
        names=("${carried[@]}")
        [ ${#names[@]} != 0 ] || break
    done
    end "$proxy_pid"
    end "$mock_pid"
    [ -z "$nginx_pid" ] || end "$nginx_pid"
    {
        machine
        [ -z "$nginx_pid" ] || nginx -v 2>&1
        echo "open load over $conns connections; of $rounds rounds of $secs s the one with the median p99; direct is the load without a proxy"
    } | sed 's/^/# /' >"$directory/latency.tsv"
    { printf 'name\toffered\tanswered\tp50_us\tp99_us\terrors\n'; cat "$tmp/latency"; } >>"$directory/latency.tsv"
    cat "$directory/latency.tsv"
    "$java" -cp "$tmp/classes" Plot latency "$directory/latency.tsv" "$directory/latency.svg"
}

# hold_silent COUNT UPSTREAM_PORT PORT HEARTBEAT: opens silent streams, which streams_pid keeps until it is ended.
hold_silent() {
    hold "$2" "$3" "$1" 3600 "$4"
    kill -0 "$streams_pid" 2>/dev/null || { echo "plot: $1 streams could not be held: $(cat "$tmp"/streams.*)" >&2; exit 1; }
}

# idle_cpu: of the proxy in per cent of a core, from now on.
idle_cpu() {
    local before since=$SECONDS
    before=$(ticks "$proxy_pid")
    sleep "$idle"
    percent $(($(ticks "$proxy_pid") - before)) $((SECONDS - since))
}

memory() {
    local proxy=$((port + 4)) silent=$((port + 5)) admin=$((port + 6)) upstream=$((port + 7)) count kib used cpu without=0
    [ "$(ulimit -n)" = unlimited ] || [ "$(ulimit -n)" -ge $((counts[-1] * 2 + 200)) ] ||
        { echo "plot: at most $(ulimit -n) file descriptors, $((counts[-1] * 2 + 200)) are needed" >&2; exit 2; }
    cat >"$tmp/memory.yaml" <<Y
http_server:
  forwards:
    - { name: heartbeat, port: $proxy, address: 127.0.0.1, upstream_group: heartbeat }
    - { name: silent, port: $silent, address: 127.0.0.1, upstream_group: silent }
  admin: { port: $admin, address: 127.0.0.1 }
upstreams:
  - { name: mock, url: "http://127.0.0.1:$upstream" }
upstream_groups:
  - name: heartbeat
    upstreams: [ { name: mock } ]
    http_client: { heartbeat: $heartbeat, timeout: { stall: 3600 } }
  - name: silent
    upstreams: [ { name: mock } ]
    http_client: { heartbeat: 0, timeout: { stall: 3600 } }
log: { level: warn, access_file: $tmp/access.log }
Y
    claim "$silent" "$admin" "$upstream"
    echo "streams, resident KiB, live heap KiB, CPU while idle in % of a core, without heartbeats" >&2
    for count in "${counts[@]}"; do
        # Each in a process of its own: what closed streams have left behind stays resident. Classes are loaded, code is compiled and
        # threads exist before memory is counted.
        launch memory "$proxy"
        hold_silent 100 "$upstream" "$proxy" "$heartbeat"
        end "$streams_pid"
        if [ "$count" = 0 ]; then
            kib=$(resident "$proxy_pid") used=$(heap "$proxy_pid") cpu=$(idle_cpu) without=$cpu
        else
            hold_silent "$count" "$upstream" "$proxy" "$heartbeat"
            kib=$(resident "$proxy_pid") used=$(heap "$proxy_pid")
            # What was delayed while they were opened has found its rhythm after one of them.
            sleep "$heartbeat"
            cpu=$(idle_cpu)
            end "$streams_pid"
            hold_silent "$count" "$upstream" "$silent" 0
            sleep 5
            without=$(idle_cpu)
            end "$streams_pid"
        fi
        end "$proxy_pid"
        echo "$count $kib $used $cpu $without" | tr ' ' '\t' | tee -a "$tmp/memory" | sed 's/^/  /' >&2
    done
    {
        machine
        echo "silent streams, a heartbeat every $heartbeat s; memory after a collection, CPU in per cent of a core over $idle s"
    } | sed 's/^/# /' >"$directory/memory.tsv"
    { printf 'streams\tresident_kib\theap_kib\tcpu_percent\tcpu_percent_without_heartbeats\n'; cat "$tmp/memory"; } >>"$directory/memory.tsv"
    cat "$directory/memory.tsv"
    "$java" -cp "$tmp/classes" Plot memory "$directory/memory.tsv" "$directory/memory.svg"
}

compile MockLlm.java Load.java IdleStreams.java Plot.java
for part in $only; do "$part"; done
