#!/usr/bin/env bash
# Deploys LLMProxy in one Tomcat again and again, and fails if anything of an earlier deployment is left, or if a stream that
# was open when its deployment was replaced did not run to its end.
#
#   mvn -B verify && server/bench/redeploy.sh [TIMES]      20 times unless given
#
# Needs a JDK 17 or newer, the built WAR and Tomcat 10.1: that at CATALINA_HOME, or the one that the build has unpacked.
#   WAR=target/llmproxy.war   what is deployed
#   PORT=19920                the first of five ports
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$here/../..
times=${1:-20}
case $times in '' | *[!0-9]* | 0*) echo "usage: server/bench/redeploy.sh [TIMES]" >&2; exit 2 ;; esac
war=${WAR:-$root/target/llmproxy.war}
home=${CATALINA_HOME:-$(ls -d "$root"/target/containers/apache-tomcat-* 2>/dev/null | tail -1 || true)}
bin=${JAVA_HOME:+$JAVA_HOME/bin/}
port=${PORT:-19920}
quick=$port slow=$((port + 1)) mock=$((port + 2)) slow_mock=$((port + 3)) admin=$((port + 4))
[ -r "$war" ] || { echo "redeploy: no $war; build it first" >&2; exit 2; }
[ -r "$home/bin/catalina.sh" ] || { echo "redeploy: no Tomcat; set CATALINA_HOME" >&2; exit 2; }

# The slow mock's streams last six seconds.
slow_events=60 slow_interval=100
token=redeployment-token-of-an-operator

base=$(mktemp -d)
pids=()
cleanup() {
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    wait 2>/dev/null || true
    rm -rf "$base"
}
trap cleanup EXIT
log=$base/catalina.out
failures=0

fail() {
    echo "FAILED: $*" >&2
    failures=$((failures + 1))
}

# await SECONDS WHAT COMMAND...: until the command succeeds.
await() {
    local tries=$(($1 * 10)) what=$2
    shift 2
    until "$@" 2>/dev/null; do
        if [ $((tries -= 1)) -le 0 ]; then
            echo "redeploy: $what" >&2
            tail -50 "$log" >&2 || true
            exit 1
        fi
        sleep 0.1
    done
}

listens() {
    (exec 3<>"/dev/tcp/127.0.0.1/$1")
}

# answer PORT BODY: what a chat request is answered with, head and framing included.
answer() {
    local connection
    exec {connection}<>"/dev/tcp/127.0.0.1/$1"
    printf 'POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s' \
        "${#2}" "$2" >&"$connection"
    cat <&"$connection"
}

# A stream is whole when it has its last word and its last chunk.
is_whole() {
    [ "$(tail -c 23 <<<"$1" | tr -d '\r\n ')" = "data:[DONE]0" ]
}

# serves N: a request of each kind through deployment N.
serves() {
    local plain stream connection
    plain=$(answer "$quick" '{"model":"mock"}')
    stream=$(answer "$quick" '{"model":"mock","stream":true}')
    [[ $plain == 'HTTP/1.1 200'*'"completion_tokens":1'* ]] || fail "deployment $1: plain request: ${plain:0:200}"
    [[ $stream == 'HTTP/1.1 200'* ]] && is_whole "$stream" || fail "deployment $1: stream: ${stream:0:200}"
    # The admin API starts with its first call, so that each deployment has one to take down.
    local known
    exec {connection}<>"/dev/tcp/127.0.0.1/$admin"
    printf 'GET /admin/api/v1/session HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer %s\r\n\r\n' \
        "$token" >&"$connection"
    known=$(cat <&"$connection")
    [[ $known == 'HTTP/1.1 200'*'"role":"admin"'* ]] || fail "deployment $1: admin API: ${known:0:200}"
}

deployments() {
    grep -c 'Deployment of web application archive .* has finished' "$log" || true
}

is_deployed() {
    [ "$(deployments)" -ge "$1" ]
}

# histogram PATTERN: how many objects of the classes that match are alive.
histogram() {
    "${bin}jcmd" "$tomcat" GC.class_histogram | awk -v p="$1" '$4 ~ p { n += $2 } END { print n + 0 }'
}

# How many application class loaders and classes of ours there are, and how many threads. Several collections: a class loader
# goes once all that is reachable through references of the weaker kinds has gone, and connections of clients have been forgotten.
census() {
    for _ in 1 2 3; do "${bin}jcmd" "$tomcat" GC.run >/dev/null; sleep 1; done
    loaders=$(histogram '^org.apache.catalina.loader.ParallelWebappClassLoader$')
    classes=$("${bin}jcmd" "$tomcat" VM.class_hierarchy 2>/dev/null | grep -c 'io\.llmproxy\.' || true)
    threads=$("${bin}jcmd" "$tomcat" Thread.print | grep -c '^"')
    metaspace=$("${bin}jcmd" "$tomcat" GC.heap_info | awk '/Metaspace/ { sub("K", "", $3); print int($3 / 1024) }')
    echo "$1: $loaders class loaders, $classes classes of ours, $threads threads, $metaspace MiB of metaspace"
}

mkdir -p "$base/classes" "$base/conf" "$base/webapps" "$base/logs" "$base/temp" "$base/work"
"${bin}javac" -d "$base/classes" "$here/MockLlm.java"
cp "$home/conf/web.xml" "$base/conf/"
cp "$war" "$base/webapps/ROOT.war"
# The set-up for production, but for the ports and for Tomcat looking every second whether the WAR has changed.
awk -v quick="$quick" -v slow="$slow" -v admin="$admin" '
    /<!-- forward -->/ { on = 1; next }
    /<!-- \/forward -->/ {
        on = 0
        for (i = 1; i <= 2; i++) { text = connector; sub(/port="3000"/, "port=\"" (i == 1 ? quick : slow) "\"", text); printf "%s", text }
        next
    }
    on { connector = connector $0 "\n"; next }
    { sub(/port="9000"/, "port=\"" admin "\""); sub(/autoDeploy="false"/, "autoDeploy=\"true\"")
      sub(/<Engine /, "<Engine backgroundProcessorDelay=\"1\" "); print }' "$here/../tomcat/conf/server.xml" >"$base/conf/server.xml"
# All that an operator may switch on: a store with its database, and everything that writes or sends in the background.
cat >"$base/conf/llmproxy.yaml" <<Y
store: { directory: $base/state, seed: seed.yaml, timeout: 60s }
Y
cat >"$base/conf/prices.yaml" <<Y
version: "1"
currency: USD
models:
  - { model: "mock*", per_million: { input: "1.25", output: "10" } }
Y
cat >"$base/conf/seed.yaml" <<Y
http_server:
  forwards:
    - { name: quick, port: $quick, upstream_group: quick, ratelimit: { per_second: 1000, burst: 1000 } }
    - { name: slow, port: $slow, upstream_group: slow }
  admin: { port: $admin, token: "$token" }
upstreams:
  - { name: quick, url: "http://127.0.0.1:$mock", breaker: { threshold: 0.5 } }
  - { name: slow, url: "http://127.0.0.1:$slow_mock" }
upstream_groups:
  - { name: quick, upstreams: [ { name: quick } ], http_client: { retry: { attempts: 1 } } }
  - { name: slow, upstreams: [ { name: slow } ] }
log: { access_file: $base/logs/access.log }
metrics: { names: [llmproxy, llm_proxy, gen_ai] }
otel: { endpoint: "http://127.0.0.1:$mock", sample_ratio: 1, metrics_interval: 1s }
langfuse: { host: "http://127.0.0.1:$mock", public_key: pk, secret_key: sk, content: true }
capture: { directory: $base/bodies }
prices: $base/conf/prices.yaml
jmx: operations
Y
"${bin}java" -Xmx64m -XX:+UseSerialGC -cp "$base/classes" MockLlm "$mock" 5 20 & pids+=($!)
"${bin}java" -Xmx64m -XX:+UseSerialGC -cp "$base/classes" MockLlm "$slow_mock" $slow_events $slow_interval & pids+=($!)
await 20 "no mock" listens "$mock"
await 20 "no mock" listens "$slow_mock"

echo "$("${bin}java" -version 2>&1 | head -1), $(basename "$home"), $times redeployments"
CATALINA_BASE=$base CATALINA_HOME=$home CATALINA_OPTS="-Dllmproxy.config=$base/conf/llmproxy.yaml -Xmx256m" \
    sh "$home/bin/catalina.sh" run >"$log" 2>&1 & tomcat=$!
pids+=("$tomcat")
await 60 "Tomcat did not deploy" is_deployed 1

serves 1
if [ "$failures" != 0 ]; then cat "$log" >&2; exit 1; fi
census "deployment 1"
first_threads=$threads first_classes=$classes
for ((n = 2; n <= times + 1; n++)); do
    # Every fifth time somebody is being served.
    stream=
    if ((n % 5 == 2)); then
        answer "$slow" '{"model":"mock","stream":true}' >"$base/stream" & stream=$!
        sleep 1
    fi
    # A new time of change is what Tomcat looks for; renamed, so that it never sees half a file.
    cp "$war" "$base/next.war"
    mv "$base/next.war" "$base/webapps/ROOT.war"
    await 90 "deployment $n did not come" is_deployed "$n"
    if [ -n "$stream" ]; then
        wait "$stream" || true
        is_whole "$(cat "$base/stream")" || fail "deployment $n replaced one that was serving a stream, and the stream was cut"
    fi
    serves "$n"
done
census "deployment $((times + 1))"
[ -z "${KEEP_HEAP:-}" ] || "${bin}jcmd" "$tomcat" GC.heap_dump "$KEEP_HEAP"
[ "$loaders" -le 2 ] || fail "$loaders class loaders of the application are alive; one is"
[ "$classes" -le "$((first_classes * 2))" ] || fail "$classes classes of ours are loaded, $first_classes belong to one deployment"
[ "$threads" -le "$((first_threads + 3))" ] || fail "$threads threads are alive, $first_threads belong to one deployment"

# The end of the process is kind to streams, too.
answer "$slow" '{"model":"mock","stream":true}' >"$base/stream" & stream=$!
sleep 1
kill "$tomcat"
wait "$stream" || true
is_whole "$(cat "$base/stream")" || fail "the stop of Tomcat cut a stream"
status=0
wait "$tomcat" || status=$?
# 143 is what a JVM ends with that was told to by a signal.
[ "$status" = 0 ] || [ "$status" = 143 ] || fail "Tomcat ended with $status"

# Tomcat sees its own housekeeping thread in the application if it looks at the wrong moment.
if grep -nE 'memory leak|ThreadLocal|failed to stop|SEVERE' "$log" | grep -v '\[Catalina-utility-' >"$base/warnings"; then
    fail "Tomcat complained $(wc -l <"$base/warnings") times:"
    cut -d: -f2- "$base/warnings" | sort | uniq -c | sort -rn | head -20 >&2
fi

if [ -n "${KEEP_LOG:-}" ]; then cp "$log" "$KEEP_LOG"; fi
[ "$failures" = 0 ] || exit 1
echo "ok"
