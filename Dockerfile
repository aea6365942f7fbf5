# docker build -t llmproxy .

# The jar, as any developer builds it. The tests are not run here; they need more than an image build has.
FROM maven:3.9-eclipse-temurin-17 AS build
WORKDIR /src
COPY . .
RUN mvn -B -q package -DskipTests

# A Java with what LLMProxy needs and no more, and the start-up cache of a training run with the demo. The cache fits this
# very Java and this very jar, so both are taken from here.
FROM eclipse-temurin:25-jdk AS train
RUN jlink --no-header-files --no-man-pages --output /opt/java \
    --add-modules java.base,java.desktop,java.naming,java.security.jgss,java.sql,jdk.jcmd,jdk.jfr,jdk.management,jdk.net,jdk.unsupported,jdk.zipfs
COPY --from=build /src/target/llmproxy.jar /opt/llmproxy/llmproxy.jar
COPY server/bin/ /opt/llmproxy/bin/
RUN JAVA_HOME=/opt/java /opt/llmproxy/bin/train

FROM debian:12-slim
COPY --from=train /opt/java /opt/java
COPY --from=train /opt/llmproxy /opt/llmproxy
ENV JAVA_HOME=/opt/java \
    LLMPROXY_CONFIG=/etc/llmproxy/config.yaml \
    LLMPROXY_HTTP_SERVER__ADMIN__ADDRESS=0.0.0.0
# For the ledger, with STATE_DIRECTORY=/var/lib/llmproxy and a volume, which takes over the owner.
RUN install -d -o 10001 -g 10001 /var/lib/llmproxy
# Nothing else is written but, at most, to /tmp: run it with a read-only root file system.
USER 10001:10001
EXPOSE 3000 9000
# Follows the port of the admin listener if it is set by environment.
HEALTHCHECK --interval=10s --timeout=3s --start-period=15s CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/${LLMPROXY_HTTP_SERVER__ADMIN__PORT:-9000} && printf 'GET /health/live HTTP/1.0\\r\\n\\r\\n' >&3 && read -r _ status _ <&3 && [ \"$status\" = 200 ]"]
ENTRYPOINT ["/opt/llmproxy/bin/llmproxy"]
