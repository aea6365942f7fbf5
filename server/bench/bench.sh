#!/usr/bin/env bash
# Measures LLMProxy on this machine, and nginx beside it in the same run where nginx is installed.
#
#   mvn -B verify && server/bench/bench.sh
#   mvn -B verify && ONLY="launcher tomcat jetty" server/bench/bench.sh
#   mvn -B verify && .ci/servers && ONLY="launcher tomcat11 wildfly liberty" server/bench/bench.sh
#
# Needs a JDK 17 or newer and the built jar, or WAR. CPU times need Linux. What can be set, by environment:
#   ONLY=launcher  ways to run LLMProxy that are measured, of: launcher tomcat jetty tomcat11 wildfly liberty. All but the first are
#                  the WAR in a container that is set up as server/tomcat, server/jetty-base and docs/containers.md show, with the
#                  same options of the JVM, and -Xms192m
#   CATALINA_HOME  Tomcat 10.1, and JETTY_HOME Jetty 12.1, instead of those that the build has unpacked. The last three are those
#                  that .ci/servers has unpacked
#   WAR            what is deployed there, instead of target/llmproxy.war
#   JAVA_OPTS      options of the proxy's JVM, instead of those in server/bin/jvm.options
#   CONNS=32       connections of the plain load, each with one request after the other
#   STREAMS=500    streams that are open at the same time
#   EVENTS=50      events of a stream, INTERVAL=40 milliseconds apart
#   SECS=10        length of one measurement, WARM=20 of the load before the first one
#   ROUNDS=3       the medians of which are printed
#   PORT=19900     the first of fourteen ports
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
conns=${CONNS:-32} streams=${STREAMS:-500} events=${EVENTS:-50} interval=${INTERVAL:-40}
secs=${SECS:-10} warm=${WARM:-20} rounds=${ROUNDS:-3} port=${PORT:-19900}
mock=$port nginx=$((port + 1))
read -ra ways <<<"${ONLY:-launcher}"
target=$here/../../target
war=${WAR:-$target/llmproxy.war}
# The last of so many directories.
last() { echo "${@: -1}"; }
tomcat=${CATALINA_HOME:-$(last "$target"/containers/apache-tomcat-*)}
jetty=${JETTY_HOME:-$(last "$target"/containers/jetty-home-*)}
tomcat11=$(last "$target"/servers/apache-tomcat-11.*)
wildfly=$(last "$target"/servers/wildfly-*)
liberty=$target/servers/wlp
refuse() { echo "bench: $*" >&2; exit 2; }
for way in "${ways[@]}"; do
    case $way in
        launcher) continue ;;
        tomcat) [ -r "$tomcat/bin/bootstrap.jar" ] || refuse "no Tomcat; set CATALINA_HOME" ;;
        jetty) [ -r "$jetty/start.jar" ] || refuse "no Jetty; set JETTY_HOME" ;;
        tomcat11) [ -r "$tomcat11/bin/bootstrap.jar" ] || refuse "no Tomcat 11; .ci/servers unpacks it" ;;
        wildfly) [ -r "$wildfly/jboss-modules.jar" ] || refuse "no WildFly; .ci/servers unpacks it" ;;
        liberty) [ -r "$liberty/bin/tools/ws-server.jar" ] || refuse "no Open Liberty; .ci/servers unpacks it" ;;
        *) refuse "ONLY is made of launcher, tomcat, jetty, tomcat11, wildfly and liberty, and not of $way" ;;
    esac
    [ -r "$war" ] || refuse "no $war; build it first"
done
. "$here/lib.sh"

# The configuration, and what a container's own sample sets, with ports instead of those in the sample.
prepare() { # WAY PORT ADMIN_PORT [FILE...]
    local way=$1 file
    proxy_config "$2" "$3" "$mock" >"$tmp/$way.yaml"
    for file in "${@:4}"; do
        mkdir -p "$(dirname "$tmp/$way/$file")"
        sed "s/\b3000\b/$2/; s/\b9000\b/$3/" "$here/../${sample[$way]}/$file" >"$tmp/$way/$file"
    done
}
# The launcher has the heap divided anew when it has started. A container does not, and gets a large one from the start.
container_heap=()
[ -n "${JAVA_OPTS:-}" ] || container_heap=(-Xms192m)
declare -A sample=([tomcat]=tomcat [tomcat11]=tomcat [jetty]=jetty-base [liberty]=liberty)

# run WAY COMMAND...: a container whose configuration is in $tmp/WAY.yaml, and whose process is proxy_pid.
run() {
    "$java" "${java_opts[@]}" "${container_heap[@]}" -Dllmproxy.config="$tmp/$1.yaml" "${@:2}" >"$tmp/$1.out" 2>"$tmp/$1.err" &
    proxy_pid=$!
}

opens() { # PACKAGE...
    printf -- '--add-opens=%s=ALL-UNNAMED\n' "$@"
}

# start WAY PORT ADMIN_PORT: its process is proxy_pid.
start() {
    claim "$2" "$3"
    case $1 in
        launcher)
            prepare "$@"
            launch launcher "$2"
            return
            ;;
        tomcat | tomcat11)
            local home=$tomcat base=$tmp/$1
            [ "$1" = tomcat ] || home=$tomcat11
            prepare "$@" conf/server.xml
            mkdir -p "$base"/{webapps,logs,temp,work}
            cp "$home/conf/web.xml" "$base/conf/"
            cp "$war" "$base/webapps/ROOT.war"
            # shellcheck disable=SC2046
            run "$1" -Dcatalina.home="$home" -Dcatalina.base="$base" -Djava.io.tmpdir="$base/temp" \
                $(opens java.base/java.lang java.base/java.util.concurrent) \
                -cp "$home/bin/bootstrap.jar:$home/bin/tomcat-juli.jar" org.apache.catalina.startup.Bootstrap start
            ;;
        jetty)
            prepare "$@" etc/llmproxy-forwards.xml start.d/llmproxy.ini
            mkdir -p "$tmp"/jetty/{webapps,work}
            cp "$war" "$tmp/jetty/webapps/root.war"
            run jetty -Djava.io.tmpdir="$tmp/jetty/work" -jar "$jetty/start.jar" "jetty.base=$tmp/jetty"
            ;;
        wildfly)
            prepare "$@"
            mkdir -p "$tmp/wildfly/deployments"
            cp -r "$wildfly/standalone/configuration" "$tmp/wildfly/"
            cp "$war" "$tmp/wildfly/deployments/ROOT.war"
            sed -i 's/^\( *\)<http-listener name="default" .*/&\n\1<http-listener name="bench" socket-binding="bench"\/>/
                    s/^\( *\)<socket-binding name="http" .*/&\n\1<socket-binding name="bench" port="'"$2"'"\/>/' \
                "$tmp/wildfly/configuration/standalone.xml"
            # shellcheck disable=SC2046
            run wildfly $(opens java.base/java.{lang,lang.invoke,io,net,security,util,util.concurrent} java.management/javax.management \
                java.naming/javax.naming) -Djboss.home.dir="$wildfly" -Djboss.server.base.dir="$tmp/wildfly" \
                -Dlogging.configuration="file:$tmp/wildfly/configuration/logging.properties" \
                -Dorg.jboss.boot.log.file="$tmp/wildfly/server.log" -Djboss.http.port="$3" \
                -Djboss.https.port=0 -Djboss.management.http.port=0 \
                -jar "$wildfly/jboss-modules.jar" -mp "$wildfly/modules" org.jboss.as.standalone
            ;;
        liberty)
            prepare "$@" server.xml
            mkdir -p "$tmp/liberty/servers/llmproxy/apps"
            mv "$tmp/liberty/server.xml" "$tmp/liberty/servers/llmproxy/"
            cp "$war" "$tmp/liberty/servers/llmproxy/apps/llmproxy.war"
            WLP_USER_DIR=$tmp/liberty run liberty -javaagent:"$liberty/bin/tools/ws-javaagent.jar" \
                -jar "$liberty/bin/tools/ws-server.jar" llmproxy --clean
            ;;
    esac
    pids+=("$proxy_pid")
    # A container's ports are open before the application is.
    await_that 60 "the WAR is not ready in $1" is_ready "$3"
}

# In a shell of its own, which a refused connection ends.
is_ready() (
    exec 3<>"/dev/tcp/127.0.0.1/$1"
    printf 'GET /health/ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' >&3
    read -r line <&3
    [[ $line == 'HTTP/1.1 200'* ]]
)

# measure NAME PORT PID KIND CONNECTIONS: one line of NAME KIND CPU_US COUNT RATE P50 P99 ERRORS.
measure() {
    local before after result
    before=$(ticks "$3")
    result=$("$java" -Xmx512m -cp "$tmp/classes" Load "$4" "$2" "$5" "$secs")
    after=$(ticks "$3")
    echo "$1 $4 $(micros $((after - before)) "${result%% *}") $result" | tee -a "$tmp/results" | sed 's/^/  /' >&2
}

compile MockLlm.java Load.java
mock "$mock" "$events" "$interval"
declare -A ports=([direct]=$mock [nginx]=$nginx) processes=([direct]=$mock_pid)
names=(direct)
start_nginx "$nginx" "$mock"
[ -z "$nginx_pid" ] || { names+=(nginx); processes[nginx]=$nginx_pid; }
names+=("${ways[@]}")
at=$nginx
for way in "${ways[@]}"; do
    start "$way" $((at + 1)) $((at + 2))
    ports[$way]=$((at + 1)) processes[$way]=$proxy_pid
    at=$((at + 2))
done

for way in "${ways[@]}"; do
    echo "warming up $way for $((2 * warm)) s" >&2
    "$java" -Xmx512m -cp "$tmp/classes" Load plain "${ports[$way]}" "$conns" "$warm" >/dev/null
    "$java" -Xmx512m -cp "$tmp/classes" Load stream "${ports[$way]}" "$streams" "$warm" >/dev/null
done
for round in $(seq "$rounds"); do
    echo "round $round of $rounds: name, load, CPU us, count, a second, p50 us, p99 us, errors" >&2
    for kind in plain stream; do
        connections=$conns
        [ $kind = plain ] || connections=$streams
        for name in "${names[@]}"; do
            measure "$name" "${ports[$name]}" "${processes[$name]}" $kind "$connections"
        done
    done
done

# middle NAME KIND COLUMN
middle() {
    awk -v n="$1" -v k="$2" -v c="$3" '$1 == n && $2 == k { print $c }' "$tmp/results" | median
}
errors() {
    awk -v n="$1" -v k="$2" '$1 == n && $2 == k { e += $8 } END { print e }' "$tmp/results"
}
table() { # KIND UNIT TIME
    echo
    echo "| $1 | CPU us / $2 | $2s/s | $3 p50 | $3 p99 | errors |"
    echo "| --- | ---: | ---: | ---: | ---: | ---: |"
    for name in "${names[@]}"; do
        echo "| ${title[$name]-$name} | $(middle "$name" "$1" 3) | $(middle "$name" "$1" 5) | $(middle "$name" "$1" 6) us |" \
            "$(middle "$name" "$1" 7) us | $(errors "$name" "$1") |"
    done
}
declare -A title=([launcher]=llmproxy [tomcat]="llmproxy in Tomcat" [jetty]="llmproxy in Jetty" [tomcat11]="llmproxy in Tomcat 11"
    [wildfly]="llmproxy in WildFly" [liberty]="llmproxy in Open Liberty")
# CPU of one in relation to that of another.
ratio() { # NAME OTHER
    local kind
    echo "CPU ${title[$1]}/${title[$2]-$2}: $(for kind in plain stream; do
        awk -v k=$kind -v a="$(middle "$1" $kind 3)" -v b="$(middle "$2" $kind 3)" 'BEGIN { if (b > 0) printf "%s %.2f  ", k, a / b }'
    done)"
}
echo
machine
[ -z "$nginx_pid" ] || nginx -v 2>&1
for way in "${ways[@]}"; do
    case $way in
        tomcat) basename "$tomcat" ;;
        jetty) basename "$jetty" ;;
        tomcat11) basename "$tomcat11" ;;
        wildfly) basename "$wildfly" ;;
        liberty) echo "Open Liberty $(sed -n 's/^com.ibm.websphere.productVersion=//p' "$liberty/lib/versions/openliberty.properties")" ;;
    esac
done
echo "load: $conns connections; $streams streams of $events events, $interval ms apart; median of $rounds rounds of $secs s"
echo "direct: without a proxy; its CPU is the mock's"
table plain request time
table stream event delay
echo
for way in "${ways[@]}"; do
    if [ -r "/proc/${processes[$way]}/status" ]; then
        echo "resident memory of ${title[$way]} after the load:" \
            "$(awk '/VmRSS/ { print int($2 / 1024) }' "/proc/${processes[$way]}/status") MiB"
    fi
    [ -z "$nginx_pid" ] || ratio "$way" nginx
    if [ "$way" != launcher ] && [ -n "${processes[launcher]-}" ]; then ratio "$way" launcher; fi
done
