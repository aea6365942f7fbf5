# What the scripts beside it have in common. To be sourced.

# A directory for files, and what to end: both are gone when the script ends.
tmp=$(mktemp -d)
pids=()
cleanup() {
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    wait 2>/dev/null || true
    rm -rf "$tmp"
}
trap cleanup EXIT

# Waits until something listens on a port; if nothing does, tells what the programs have said.
await() {
    for _ in $(seq 600); do
        if (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; then return; fi
        sleep 0.1
    done
    echo "${0##*/}: nothing listens on port $1" >&2
    cat "$tmp"/*.out "$tmp"/*.err >&2 2>/dev/null || true
    exit 1
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

machine() {
    echo "date: $(date -u +%F)"
    echo "machine: $(uname -sm), $(getconf _NPROCESSORS_ONLN) cores, $(sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo 2>/dev/null | head -1)"
}
