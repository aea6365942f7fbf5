#!/usr/bin/env bash
# Shows what conversion costs: CPU for each plain request and each event, and their times, of a client of Anthropic's API at an upstream of
# OpenAI's, beside a client of OpenAI's at the same upstream, whose bytes pass, in the same run.
#
#   mvn -B verify && server/bench/convert.sh
#
# Each has a gateway of its own, and they are measured in turn. Needs a JDK 17 or newer, the built jar and Linux.
# What can be set, by environment:
#   JAVA_OPTS    options of the proxies' JVMs, instead of those in server/bin/jvm.options
#   CONNS=32     connections, each with one request after the other
#   RATE=3000    requests a second while times are measured
#   STREAMS=200  streams, of 50 events each, 40 ms apart
#   SECS=8       length of one measurement, WARM=20 of each load before the first one
#   ROUNDS=5     the medians of which are printed
#   PORT=19800   the first of the ports
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
conns=${CONNS:-32} rate=${RATE:-3000} streams=${STREAMS:-200} secs=${SECS:-8} warm=${WARM:-20} rounds=${ROUNDS:-5} port=${PORT:-19800}
. "$here/lib.sh"

declare -A proxy_port proxy_pids api=([passed]=chat [converted]=messages)
# load NAME MODE CONNECTIONS SECONDS [RATE]
load() {
    local name=$1
    shift
    "$java" -Xmx512m "-Dapi=${api[$name]}" -cp "$tmp/classes" Load "$1" "${proxy_port[$name]}" "${@:2}"
}

# measure NAME MODE ARG...: one line of NAME MODE CPU_US COUNT RATE P50 P99 ERRORS.
measure() {
    local before after result
    before=$(ticks "${proxy_pids[$1]}")
    result=$(load "$@")
    after=$(ticks "${proxy_pids[$1]}")
    echo "$1 $2 $(micros $((after - before)) "${result%% *}") $result" | tee -a "$tmp/results" | sed 's/^/  /' >&2
}

compile MockLlm.java Load.java
mock=$port mock_opts=-DtimedWords=true
mock "$mock" 50 40
for name in passed converted; do
    proxy_port[$name]=$((port += 10))
    proxy_config "$port" "$((port + 1))" "$mock" | sed 's|\(url: [^ ]*\) }|\1, dialect: openai }|' >"$tmp/$name.yaml"
    launch "$name" "$port"
    proxy_pids[$name]=$proxy_pid
    load "$name" plain "$conns" "$warm" >/dev/null
    load "$name" stream "$streams" "$warm" >/dev/null
done
for round in $(seq "$rounds"); do
    echo "round $round of $rounds: name, load, CPU us, count, a second, p50 us, p99 us, errors" >&2
    for name in passed converted; do
        measure "$name" plain "$conns" "$secs"
        measure "$name" open "$conns" "$secs" "$rate"
        measure "$name" stream "$streams" "$secs"
    done
done

# middle NAME MODE COLUMN
middle() {
    awk -v n="$1" -v m="$2" -v c="$3" '$1 == n && $2 == m { print $c }' "$tmp/results" | median
}
# beside NAME MODE: CPU, and its ratio to what passes
beside() {
    awk -v a="$(middle "$1" "$2" 3)" -v b="$(middle passed "$2" 3)" 'BEGIN { printf "%.1f | %.2f", a, a / b }'
}
echo
machine
echo "load: $conns connections, $rate requests a second for times, $streams streams; median of $rounds rounds of $secs s"
echo
echo "| | CPU us / request | to passed | CPU us / event | to passed | time p50 | time p99 | event p50 | event p99 | errors |"
echo "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
for name in passed converted; do
    echo "| $name | $(beside "$name" plain) | $(beside "$name" stream) | $(middle "$name" open 6) us | $(middle "$name" open 7) us |" \
        "$(middle "$name" stream 6) us | $(middle "$name" stream 7) us | $(awk -v n="$name" '$1 == n { e += $8 } END { print e }' "$tmp/results") |"
done
