# shellcheck shell=bash
# Gateways that are measured in turn, each for a short time and often: a machine that others use too changes its speed from one minute to
# the next, so that ratios are those within a round. To be sourced after lib.sh, once conns, rate, streams, secs, warm and rounds are set.

# By name of the gateway; load_opts is an option of the JVM that loads it.
declare -A proxy_port proxy_pids load_opts

# load NAME MODE CONNECTIONS SECONDS [RATE]
load() {
    local name=$1 options=(-Xmx512m)
    shift
    [ -z "${load_opts[$name]-}" ] || options+=("${load_opts[$name]}")
    "$java" "${options[@]}" -cp "$tmp/classes" Load "$1" "${proxy_port[$name]}" "${@:2}"
}

# begin NAME PORT: starts the gateway of the configuration $tmp/NAME.yaml, and loads it until it is warm.
begin() {
    proxy_port[$1]=$2
    launch "$1" "$2"
    proxy_pids[$1]=$proxy_pid
    load "$1" plain "$conns" "$warm" >/dev/null
    load "$1" stream "$streams" "$warm" >/dev/null
}

# measure NAME MODE ARG...: one line of NAME MODE CPU_US COUNT RATE P50 P99 ERRORS.
measure() {
    local before after result
    before=$(ticks "${proxy_pids[$1]}")
    result=$(load "$@")
    after=$(ticks "${proxy_pids[$1]}")
    echo "$1 $2 $(micros $((after - before)) "${result%% *}") $result" | tee -a "$tmp/results" | sed 's/^/  /' >&2
}

# measure_all NAME...
measure_all() {
    local round name
    for round in $(seq "$rounds"); do
        echo "round $round of $rounds: name, load, CPU us, count, a second, p50 us, p99 us, errors" >&2
        for name in "$@"; do
            measure "$name" plain "$conns" "$secs"
            measure "$name" open "$conns" "$secs" "$rate"
            measure "$name" stream "$streams" "$secs"
        done
    done
}

# middle NAME MODE COLUMN
middle() {
    awk -v n="$1" -v m="$2" -v c="$3" '$1 == n && $2 == m { print $c }' "$tmp/results" | median
}

# beside NAME MODE OTHER: CPU, and its ratio to that of the other gateway in the same round.
beside() {
    echo "$(middle "$1" "$2" 3) | $(awk -v n="$1" -v m="$2" -v o="$3" '
        $1 == o && $2 == m { other[++round] = $3 }
        $1 == n && $2 == m { own[++told] = $3 }
        END { for (i = 1; i <= told; i++) printf "%.2f\n", own[i] / other[i] }' "$tmp/results" | median)"
}

# errors NAME
errors() {
    awk -v n="$1" '$1 == n { e += $8 } END { print e }' "$tmp/results"
}
