#!/usr/bin/env bash
# Measures LLMProxy on this machine, and nginx beside it in the same run where nginx is installed.
#
#   mvn -B verify && server/bench/bench.sh
#
# Needs a JDK 17 or newer and the built jar. CPU times need Linux. What can be set, by environment:
#   JAVA_OPTS    options of the proxy's JVM, instead of those in server/bin/jvm.options
#   CONNS=32     connections of the plain load, each with one request after the other
#   STREAMS=500  streams that are open at the same time
#   EVENTS=50    events of a stream, INTERVAL=40 milliseconds apart
#   SECS=10      length of one measurement, WARM=20 of the load before the first one
#   ROUNDS=3     the medians of which are printed
#   PORT=19900   the first of four ports
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
jar=${JAR:-$here/../../target/llmproxy.jar}
java=${JAVA_HOME:+$JAVA_HOME/bin/}java
read -ra java_opts <<<"${JAVA_OPTS:-@$here/../bin/jvm.options}"
conns=${CONNS:-32} streams=${STREAMS:-500} events=${EVENTS:-50} interval=${INTERVAL:-40}
secs=${SECS:-10} warm=${WARM:-20} rounds=${ROUNDS:-3} port=${PORT:-19900}
mock=$port proxy=$((port + 1)) admin=$((port + 2)) nginx=$((port + 3))
[ -r "$jar" ] || { echo "bench: no $jar; build it first" >&2; exit 2; }
ulimit -n "$(ulimit -Hn)"

. "$here/lib.sh"

cat >"$tmp/config.yaml" <<Y
http_server:
  forwards:
    - { name: bench, port: $proxy, address: 127.0.0.1, upstream_group: mock }
  admin: { port: $admin, address: 127.0.0.1 }
upstreams:
  - { name: mock, url: "http://127.0.0.1:$mock" }
upstream_groups:
  - name: mock
    upstreams: [ { name: mock } ]
Y
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
    upstream mock { server 127.0.0.1:$mock; keepalive 1024; keepalive_requests 100000000; }
    server {
        listen 127.0.0.1:$nginx;
        location / {
            proxy_pass http://mock;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_buffering off;
        }
    }
}
N

# measure NAME PORT PID KIND CONNECTIONS: one line of NAME KIND CPU_US COUNT RATE P50 P99 ERRORS.
measure() {
    local before after result
    before=$(ticks "$3")
    result=$("$java" -Xmx512m -cp "$tmp/classes" Load "$4" "$2" "$5" "$secs")
    after=$(ticks "$3")
    echo "$1 $4 $(micros $((after - before)) "${result%% *}") $result" | tee -a "$tmp/results" | sed 's/^/  /' >&2
}

mkdir "$tmp/classes"
"${java}c" -d "$tmp/classes" "$here/MockLlm.java" "$here/Load.java"
"$java" -Xmx512m -XX:+UseSerialGC -cp "$tmp/classes" MockLlm "$mock" "$events" "$interval" & mock_pid=$!
pids+=("$mock_pid")
await "$mock"
"$java" "${java_opts[@]}" -jar "$jar" --config "$tmp/config.yaml" >"$tmp/proxy.out" 2>"$tmp/proxy.err" & proxy_pid=$!
pids+=("$proxy_pid")
await "$proxy"
names=(direct llmproxy)
nginx_pid=
if command -v nginx >/dev/null; then
    nginx -c "$tmp/nginx.conf" 2>/dev/null & nginx_pid=$!
    pids+=("$nginx_pid")
    await "$nginx"
    names=(direct nginx llmproxy)
fi

echo "warming up for $((2 * warm)) s" >&2
"$java" -Xmx512m -cp "$tmp/classes" Load plain "$proxy" "$conns" "$warm" >/dev/null
"$java" -Xmx512m -cp "$tmp/classes" Load stream "$proxy" "$streams" "$warm" >/dev/null
for round in $(seq "$rounds"); do
    echo "round $round of $rounds: name, load, CPU us, count, a second, p50 us, p99 us, errors" >&2
    for kind in plain stream; do
        connections=$conns
        [ $kind = plain ] || connections=$streams
        measure direct "$mock" "$mock_pid" $kind "$connections"
        [ -z "$nginx_pid" ] || measure nginx "$nginx" "$nginx_pid" $kind "$connections"
        measure llmproxy "$proxy" "$proxy_pid" $kind "$connections"
    done
done

# median NAME KIND COLUMN
median() {
    awk -v n="$1" -v k="$2" -v c="$3" '$1 == n && $2 == k { print $c }' "$tmp/results" | sort -n |
        awk '{ a[NR] = $1 } END { print a[int((NR + 1) / 2)] }'
}
errors() {
    awk -v n="$1" -v k="$2" '$1 == n && $2 == k { e += $8 } END { print e }' "$tmp/results"
}
table() { # KIND UNIT TIME
    echo
    echo "| $1 | CPU us / $2 | $2s/s | $3 p50 | $3 p99 | errors |"
    echo "| --- | ---: | ---: | ---: | ---: | ---: |"
    for name in "${names[@]}"; do
        echo "| $name | $(median "$name" "$1" 3) | $(median "$name" "$1" 5) | $(median "$name" "$1" 6) us |" \
            "$(median "$name" "$1" 7) us | $(errors "$name" "$1") |"
    done
}
echo
machine
flags=${JAVA_OPTS:-$(grep -v '^#' "$here/../bin/jvm.options" | xargs)}
echo "java: $("$java" -version 2>&1 | head -1), $flags"
[ -z "$nginx_pid" ] || nginx -v 2>&1
echo "load: $conns connections; $streams streams of $events events, $interval ms apart; median of $rounds rounds of $secs s"
echo "direct: without a proxy; its CPU is the mock's"
table plain request time
table stream event delay
[ ! -r "/proc/$proxy_pid/status" ] || echo "
resident memory of llmproxy after the load: $(awk '/VmRSS/ { print int($2 / 1024) }' "/proc/$proxy_pid/status") MiB"
if [ -n "$nginx_pid" ]; then
    echo "CPU llmproxy/nginx: $(for kind in plain stream; do
        awk -v k=$kind -v a="$(median llmproxy $kind 3)" -v b="$(median nginx $kind 3)" 'BEGIN { if (b > 0) printf "%s %.1f  ", k, a / b }'
    done)"
fi
