#!/usr/bin/env bash
# Shows what usage, ledger, traces and metrics cost: CPU for each plain request and each event, and the time of a request, each beside a gateway
# that tells nothing, in the same run; also with a collector that is away, and with one that takes everything and never answers.
#
#   mvn -B verify && server/bench/telemetry.sh
#
# Each configuration has a process of its own, and they are measured in turn. Needs a JDK 17 or newer, the built jar and Linux.
# What can be set, by environment:
#   JAVA_OPTS    options of the proxies' JVMs, instead of those in server/bin/jvm.options
#   ONLY         names of those to be measured, of: counted sampled everything away frozen
#   CONNS=32     connections, each with one request after the other
#   RATE=3000    requests a second while times are measured
#   STREAMS=200  streams, of 50 events each, 40 ms apart
#   SECS=3       length of one measurement, WARM=20 of the load before the first one
#   ROUNDS=15    the medians of which are printed
#   PORT=19700   the first of the ports
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
read -ra names <<<"off ${ONLY:-counted sampled everything away frozen}"
conns=${CONNS:-32} rate=${RATE:-3000} streams=${STREAMS:-200} secs=${SECS:-3} warm=${WARM:-20} rounds=${ROUNDS:-15} port=${PORT:-19700}
. "$here/lib.sh"
. "$here/rounds.sh"

# config NAME PORT
config() {
    local name=$1 collector=$taking usage=
    [ "$name" = off ] && usage=', usage: off'
    proxy_config "$2" "$(($2 + 1))" "$mock" | sed "s|\(url: [^ ]*\) }|\1$usage }|"
    case $name in
        off) echo "ledger: { enabled: false }"; return ;;
        counted) ;;
        away) collector=$nothing ;;
        frozen) collector=$frozen ;;
    esac
    echo "ledger: { directory: $tmp/ledger-$name }"
    case $name in
        counted) ;;
        sampled) echo "otel: { endpoint: \"http://127.0.0.1:$collector\", sample_ratio: 0.01 }" ;;
        *)
            echo "otel: { endpoint: \"http://127.0.0.1:$collector\", sample_ratio: 1, metrics_interval: 1s }"
            echo "langfuse: { host: \"http://127.0.0.1:$collector\", public_key: pk, secret_key: sk }"
            echo "metrics: { names: [llmproxy, llm_proxy, gen_ai] }"
            ;;
    esac
}

compile MockLlm.java Load.java
mock=$port taking=$((port + 1)) frozen=$((port + 2)) nothing=$((port + 3))
claim "$nothing"
mock "$mock" 50 40
mock "$taking" 1 1
mock "$frozen" 1 1
kill -STOP "$mock_pid"
for name in "${names[@]}"; do
    config "$name" $((port += 10)) >"$tmp/$name.yaml"
    begin "$name" "$port"
done
measure_all "${names[@]}"

declare -A what=(
    [off]="nothing" [counted]="usage and ledger (the default)" [sampled]="the same and 1 % of the traces"
    [everything]="all traces, Langfuse, metrics each second, three sets of names" [away]="the same, collector away"
    [frozen]="the same, collector never answers")
echo
machine
echo "load: $conns connections, $rate requests a second for times, $streams streams; median of $rounds rounds of $secs s"
echo
echo "| | CPU us / request | to nothing | CPU us / event | to nothing | time p50 | time p99 | errors | resident MiB |"
echo "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
for name in "${names[@]}"; do
    echo "| ${what[$name]} | $(beside "$name" plain off) | $(beside "$name" stream off) | $(middle "$name" open 6) us | $(middle "$name" open 7) us |" \
        "$(errors "$name") |" \
        "$(awk '/VmRSS/ { print int($2 / 1024) }' "/proc/${proxy_pids[$name]}/status") |"
done
