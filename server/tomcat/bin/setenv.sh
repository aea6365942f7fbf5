# Read by catalina.sh.
CATALINA_PID="$CATALINA_BASE/temp/tomcat.pid"
CATALINA_OPTS="$CATALINA_OPTS -Xmx512m -Dllmproxy.config=$CATALINA_BASE/conf/llmproxy.yaml"
