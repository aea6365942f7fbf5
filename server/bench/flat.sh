#!/usr/bin/env bash
# Shows what a large configuration costs: CPU for each plain request, beside a small one in the same run.
#
#   mvn -B verify && server/bench/flat.sh
#
# Each configuration has a process of its own, and they are measured in turn. Needs a JDK 17 or newer, the built jar and Linux.
# What can be set, by environment:
#   JAVA_OPTS    options of the proxies' JVMs, instead of those in server/bin/jvm.options
#   ONLY         names of those to be measured, of: clients upstreams forwards rules keys models
#   CONNS=32     connections, each with one request after the other
#   SECS=8       length of one measurement, WARM=20 of the load before the first one
#   ROUNDS=5     the medians of which are printed
#   PORT=19800   the first of the ports
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
read -ra names <<<"small ${ONLY:-clients upstreams forwards rules keys models}"
conns=${CONNS:-32} secs=${SECS:-8} warm=${WARM:-20} rounds=${ROUNDS:-5} port=${PORT:-19800}
. "$here/lib.sh"

# config NAME PORT: a configuration, large in what it is named for. Each has breaker, limiter and response_aware at work.
config() {
    local name=$1 port=$2 forwards=1 upstreams=1 models='' n
    case $name in
        upstreams) upstreams=200 ;;
        forwards) forwards=100 ;;
        models) upstreams=200 models=', models: { mock: upstream-mock, "other-*": upstream-other }' ;;
    esac
    echo "http_server:"
    echo "  admin: { port: $((port + 1)), address: 127.0.0.1 }"
    echo "  forwards:"
    for ((n = 0; n < forwards; n++)); do
        echo "    - name: bench$n"
        echo "      port: $((n == 0 ? port : port + 1 + n))"
        echo "      address: 127.0.0.1"
        echo "      upstream_group: mocks"
        echo "      trusted_proxies: [127.0.0.1]"
        echo "      ratelimit: { enabled: true, per_second: 10000, burst: 10000 }"
        if [ "$name" = rules ]; then
            echo "      routing:"
            for ((rule = 0; rule < 99; rule++)); do
                echo "        - { path: \"/v$rule/{kind:audio|images}/*\", target_group: mocks }"
            done
            echo "        - { path: /v1/chat/completions, target_group: mocks }"
        fi
    done
    if [ "$name" = keys ] || [ "$name" = models ]; then
        echo "keys:"
        for ((n = 0; n < 10000; n++)); do
            echo "  - { name: client$n, key: key-$n, allowed_models: [mock], rate_limit: { requests_per_second: 1000, burst_size: 1000 } }"
        done
    fi
    echo "upstreams:"
    for ((n = 0; n < upstreams; n++)); do
        echo "  - { name: mock$n, url: \"http://127.0.0.1:$mock/v1\", breaker: { threshold: 0.5, cooldown: 30 }$models }"
    done
    echo "upstream_groups:"
    echo "  - name: mocks"
    echo "    balance: { strategy: response_aware }"
    echo "    upstreams:"
    for ((n = 0; n < upstreams; n++)); do echo "      - { name: mock$n }"; done
}

declare -A proxy_port proxy_pids
# load NAME SECONDS
load() {
    local clients=10
    case $1 in clients | keys | models) clients=10000 ;; esac
    "$java" -Xmx512m -cp "$tmp/classes" Load plain "${proxy_port[$1]}" "$conns" "$2" "$clients"
}

# measure NAME: one line of NAME CPU_US COUNT RATE P50 P99 ERRORS.
measure() {
    local before after result
    before=$(ticks "${proxy_pids[$1]}")
    result=$(load "$1" "$secs")
    after=$(ticks "${proxy_pids[$1]}")
    echo "$1 $(micros $((after - before)) "${result%% *}") $result" | tee -a "$tmp/results" | sed 's/^/  /' >&2
}

compile MockLlm.java Load.java
mock=$port
mock "$mock" 1 1
for name in "${names[@]}"; do
    proxy_port[$name]=$((port += 1))
    config "$name" "$port" >"$tmp/$name.yaml"
    port=$((port + 110))
    launch "$name" "${proxy_port[$name]}"
    proxy_pids[$name]=$proxy_pid
    load "$name" "$warm" >/dev/null
done
for round in $(seq "$rounds"); do
    echo "round $round of $rounds: name, CPU us, count, a second, p50 us, p99 us, errors" >&2
    for name in "${names[@]}"; do measure "$name"; done
done

# middle NAME COLUMN
middle() {
    awk -v n="$1" -v c="$2" '$1 == n { print $c }' "$tmp/results" | median
}
declare -A what=(
    [small]="1 forward, 1 upstream, 10 clients" [clients]="10,000 client addresses"
    [upstreams]="200 upstreams in the group" [forwards]="100 forwards" [rules]="100 routing rules"
    [keys]="10,000 clients, each with a key, a rate limit and allowed models"
    [models]="the same and 200 upstreams that call the model otherwise")
echo
machine
echo "load: $conns connections; median of $rounds rounds of $secs s"
echo
echo "| | CPU us / request | to small | requests/s | time p99 | errors | resident MiB |"
echo "| --- | ---: | ---: | ---: | ---: | ---: | ---: |"
for name in "${names[@]}"; do
    echo "| ${what[$name]} | $(middle "$name" 2) | $(awk -v a="$(middle "$name" 2)" -v b="$(middle small 2)" 'BEGIN { printf "%.2f", a / b }') |" \
        "$(middle "$name" 4) | $(middle "$name" 6) us | $(awk -v n="$name" '$1 == n { e += $7 } END { print e }' "$tmp/results") |" \
        "$(awk '/VmRSS/ { print int($2 / 1024) }' "/proc/${proxy_pids[$name]}/status") |"
done
