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
#   SECS=3       length of one measurement, WARM=20 of each load before the first one
#   ROUNDS=15    the medians of which are printed
#   PORT=19800   the first of the ports
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
conns=${CONNS:-32} rate=${RATE:-3000} streams=${STREAMS:-200} secs=${SECS:-3} warm=${WARM:-20} rounds=${ROUNDS:-15} port=${PORT:-19800}
. "$here/lib.sh"
. "$here/rounds.sh"

compile MockLlm.java Load.java
mock=$port mock_opts=-DtimedWords=true
mock "$mock" 50 40
load_opts=([passed]=-Dapi=chat [converted]=-Dapi=messages)
for name in passed converted; do
    port=$((port + 10))
    proxy_config "$port" "$((port + 1))" "$mock" | sed 's|\(url: [^ ]*\) }|\1, dialect: openai }|' >"$tmp/$name.yaml"
    begin "$name" "$port"
done
measure_all passed converted

echo
machine
echo "load: $conns connections, $rate requests a second for times, $streams streams; median of $rounds rounds of $secs s"
echo
echo "| | CPU us / request | to passed | CPU us / event | to passed | time p50 | time p99 | event p50 | event p99 | errors |"
echo "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
for name in passed converted; do
    echo "| $name | $(beside "$name" plain passed) | $(beside "$name" stream passed) | $(middle "$name" open 6) us | $(middle "$name" open 7) us |" \
        "$(middle "$name" stream 6) us | $(middle "$name" stream 7) us | $(errors "$name") |"
done
