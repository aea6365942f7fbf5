#!/usr/bin/env bash
# Shows what large bodies cost: throughput of an upload and of an answer of 100 MB through LLMProxy and through nginx in turn, what
# LLMProxy keeps of them in memory, and what they, and prompts of 2 MB, do to streams beside them.
#
#   mvn -B verify && server/bench/large.sh
#
# Ends with 1 if LLMProxy passes less than a third of what nginx does, or if its live heap grows by more than LIMIT_MIB while a body
# passes. Needs Linux, a JDK 17 or newer, the built jar and curl; nginx is left out where it is not installed. What can be set, by
# environment:
#   MB=100           size of a body, in 1,000,000 bytes
#   ROUNDS=7         the medians of which are printed
#   STREAMS=100      streams beside the large bodies, of events INTERVAL=40 milliseconds apart
#   SECS=10          seconds for which they are looked at in each case, after 2 s that do not count
#   PROMPTS=2        prompts of 2 MB a second
#   WARM=10          bodies and seconds of streams before the first measurement
#   LIMIT_MIB=16     of which 8 are the replay_buffer
#   JAVA_OPTS        options of the proxy's JVM, instead of those in server/bin/jvm.options
#   PORT=19840       the first of six ports
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
bytes=$((${MB:-100} * 1000000)) rounds=${ROUNDS:-7} streams=${STREAMS:-100} interval=${INTERVAL:-40}
secs=${SECS:-10} prompts=${PROMPTS:-2} warm=${WARM:-10} limit=${LIMIT_MIB:-16} port=${PORT:-19840}
mock=$port bulk=$((port + 1)) chat=$((port + 2)) files=$((port + 3)) admin=$((port + 4)) nginx=$((port + 5))
command -v curl >/dev/null || { echo "large: no curl" >&2; exit 2; }
[ -r /proc/self/status ] || { echo "large: no /proc, so memory could not be measured" >&2; exit 2; }
. "$here/lib.sh"
failures=0

fail() {
    echo "FAILED: $*" >&2
    failures=$((failures + 1))
}

# The prompts go by their model to where the large bodies go, and are called otherwise there: each has to be read and changed.
cat >"$tmp/proxy.yaml" <<Y
http_server:
  forwards:
    - { name: chat, port: $chat, address: 127.0.0.1, upstream_group: chat }
    - { name: files, port: $files, address: 127.0.0.1, upstream_group: files }
  admin: { port: $admin, address: 127.0.0.1 }
upstreams:
  - { name: mock, url: "http://127.0.0.1:$mock", models: [ mock ] }
  - { name: bulk, url: "http://127.0.0.1:$bulk", models: { large: upstream-large } }
  - { name: files, url: "http://127.0.0.1:$bulk" }
upstream_groups:
  - name: chat
    upstreams: [ { name: mock }, { name: bulk } ]
  - name: files
    upstreams: [ { name: files } ]
log: { level: warn, access_file: $tmp/access.log }
Y

compile MockLlm.java Load.java
mock "$mock" 50 "$interval"
mock "$bulk" 1 1
claim "$files" "$admin"
launch proxy "$chat"
await "$files"
start_nginx "$nginx" "$mock" "client_max_body_size 0; proxy_request_buffering off;
        location /large/ { proxy_pass http://127.0.0.1:$bulk/; }"
names=(direct llmproxy)
[ -z "$nginx_pid" ] || names=(direct nginx llmproxy)
# Where files go, where prompts of the large model go, and where the streams are.
declare -A file_url=([direct]=http://127.0.0.1:$bulk [nginx]=http://127.0.0.1:$nginx/large [llmproxy]=http://127.0.0.1:$files)
declare -A prompt_url=([nginx]=http://127.0.0.1:$nginx/large [llmproxy]=http://127.0.0.1:$chat)
declare -A stream_port=([nginx]=$nginx [llmproxy]=$chat)

head -c "$bytes" /dev/zero >"$tmp/file"
# The model stands at the end, where clients that keep the order of their arguments put it.
{
    printf '{"messages":[{"role":"user","content":"'
    printf 'tell me \\"more\\"\\n %.0s' {1..105000}
    printf '"}],"model":"large"}'
} >"$tmp/prompt"

# transfer NAME KIND [OPTION...]: one body through curl; prints bytes a second.
transfer() {
    local result url=${file_url[$1]} kind=$2
    local options=(-sS --noproxy '*' -o /dev/null "${@:3}")
    case $kind in
        upload)
            url=$url/upload
            options+=(-X POST -T "$tmp/file" -H 'Content-Type: application/octet-stream' -H 'Expect:')
            options+=(-w '%{http_code} %{size_upload} %{speed_upload}')
            ;;
        answer)
            url=$url/bytes/$bytes
            options+=(-w '%{http_code} %{size_download} %{speed_download}')
            ;;
    esac
    result=$(curl "${options[@]}" "$url") || { echo "large: $kind through $1 failed" >&2; exit 1; }
    [ "${result% *}" = "200 $bytes" ] || { echo "large: $kind through $1: status and bytes ${result% *}" >&2; exit 1; }
    echo "${result##* }"
}

# prompt NAME
prompt() {
    local result
    result=$(curl -sS --noproxy '*' -o /dev/null -w '%{http_code}' -H 'Content-Type: application/json' -H 'Expect:' \
        --data-binary "@$tmp/prompt" "${prompt_url[$1]}/v1/chat/completions")
    [ "$result" = 200 ] || { echo "large: a prompt through $1 was answered $result" >&2; exit 1; }
}

# again COMMAND...: over and over, with so many seconds in between, until the file is gone that says so.
again() {
    local pause=$1
    shift
    while [ -e "$tmp/busy" ]; do
        "$@" >>"$tmp/done"
        echo >>"$tmp/turns"
        [ "$pause" = 0 ] || sleep "$pause"
    done
}

# beside NAME CASE PAUSE [COMMAND...]: delays of the streams while the command is run over and over.
beside() {
    local busy='' result turns
    : >"$tmp/turns"
    touch "$tmp/busy"
    if [ $# -gt 3 ]; then
        again "${@:3}" & busy=$!
        pids+=("$busy")
    fi
    result=$("$java" -Dlead=2 -Xmx512m -cp "$tmp/classes" Load stream "${stream_port[$1]}" "$streams" "$secs")
    rm "$tmp/busy"
    [ -z "$busy" ] || wait "$busy" || { echo "large: $2 through $1 failed" >&2; exit 1; }
    turns=$(wc -l <"$tmp/turns")
    echo "$1 $2 $turns $result" | tee -a "$tmp/delays" | sed 's/^/  /' >&2
}

# live: the heap of LLMProxy that is left after a collection, in MiB with a decimal.
live() {
    "${bin}jcmd" "$proxy_pid" GC.run >/dev/null
    awk -v k="$(heap "$proxy_pid")" 'BEGIN { printf "%.1f", k / 1024 }'
}

# live_while KIND: the same in the middle of a body that takes some ten seconds.
live_while() {
    local sender
    transfer llmproxy "$1" --limit-rate $((bytes / 10)) >/dev/null & sender=$!
    pids+=("$sender")
    sleep 5
    live
    wait "$sender"
}

most_resident() {
    awk '/^VmHWM/ { print int($2 / 1024) }' "/proc/$proxy_pid/status"
}

echo "warming up" >&2
"$java" -Xmx512m -cp "$tmp/classes" Load stream "$chat" "$streams" "$warm" >/dev/null
for ((n = 0; n < warm; n++)); do
    transfer llmproxy upload >/dev/null
    transfer llmproxy answer >/dev/null
    prompt llmproxy
done
live_before=$(live) resident_before=$(most_resident)

echo "name, kind, bytes a second" >&2
for ((round = 0; round < rounds; round++)); do
    for kind in upload answer; do
        for name in "${names[@]}"; do
            echo "$name $kind $(transfer "$name" $kind)" | tee -a "$tmp/speeds" | sed 's/^/  /' >&2
        done
    done
done
resident_after=$(most_resident)
live_upload=$(live_while upload) live_answer=$(live_while answer) live_after=$(live)

echo "name, meanwhile, times, events, a second, p50 us, p99 us, errors" >&2
for name in "${names[@]:1}"; do
    beside "$name" nothing 0
    beside "$name" uploads 0 transfer "$name" upload
    beside "$name" answers 0 transfer "$name" answer
    beside "$name" prompts "$(awk -v n="$prompts" 'BEGIN { print 1 / n }')" prompt "$name"
done

# speed NAME KIND: MB a second.
speed() {
    awk -v n="$1" -v k="$2" '$1 == n && $2 == k { print int($3 / 1000000) }' "$tmp/speeds" | median
}
echo
machine
[ -z "$nginx_pid" ] || nginx -v 2>&1
echo "load: bodies of $((bytes / 1000000)) MB, medians of $rounds; $streams streams with an event each $interval ms for $secs s;" \
    "prompts of $(($(wc -c <"$tmp/prompt") / 1000)) kB, $prompts a second at most; direct is without a proxy"
echo
echo "| MB/s | upload | answer |"
echo "| --- | ---: | ---: |"
for name in "${names[@]}"; do echo "| $name | $(speed "$name" upload) | $(speed "$name" answer) |"; done
if [ -n "$nginx_pid" ]; then
    echo "| llmproxy/nginx | $(for kind in upload answer; do
        awk -v a="$(speed llmproxy $kind)" -v b="$(speed nginx $kind)" 'BEGIN { printf "%.2f", a / b }'
        [ $kind = answer ] || printf ' | '
    done) |"
    for kind in upload answer; do
        [ $(($(speed llmproxy $kind) * 3)) -ge "$(speed nginx $kind)" ] ||
            fail "$kind: $(speed llmproxy $kind) MB/s, less than a third of nginx's $(speed nginx $kind)"
    done
fi
echo
echo "live heap of llmproxy, MiB: $live_before before, $live_upload in the middle of an upload, $live_answer of an answer, $live_after after"
echo "most resident memory of llmproxy, MiB: $resident_before after the warm-up, $resident_after after the bodies above"
for during in "$live_upload" "$live_answer" "$live_after"; do
    awk -v b="$live_before" -v d="$during" -v l="$limit" 'BEGIN { exit !(d <= b + l) }' ||
        fail "the live heap grew from $live_before to $during MiB"
done
echo
echo "| events of $streams streams | meanwhile | delay p50 | delay p99 | errors |"
echo "| --- | --- | ---: | ---: | ---: |"
while read -r name case turns _ _ p50 p99 errors; do
    echo "| $name | $([ "$turns" = 0 ] || echo "$turns ")$case | $p50 us | $p99 us | $errors |"
done <"$tmp/delays"
[ "$failures" = 0 ] || exit 1
