package io.llmproxy.launcher;

import io.llmproxy.boot.ConfigSource;
import java.security.SecureRandom;
import java.util.HexFormat;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.component.LifeCycle;

/** A gateway that can be tried with nothing: its only upstream is a mock LLM in the same process. */
final class Demo {
    private static final String INVITATION = """
            LLMProxy demo: a mock LLM behind http://localhost:3000, metrics and health on http://localhost:9000

            Console: open http://localhost:9000/admin/ui/ and sign in with the token %s

            OpenAI:
              curl -N localhost:3000/v1/chat/completions -H 'content-type: application/json' \\
                -d '{"model":"demo","stream":true,"messages":[{"role":"user","content":"Hello"}]}'

            Anthropic:
              curl -N localhost:3000/v1/messages -H 'content-type: application/json' -H 'anthropic-version: 2023-06-01' \\
                -d '{"model":"demo","stream":true,"max_tokens":100,"messages":[{"role":"user","content":"Hello"}]}'

            Gemini:
              curl -N 'localhost:3000/v1beta/models/demo:streamGenerateContent?alt=sse' -H 'content-type: application/json' \\
                -d '{"contents":[{"parts":[{"text":"Hello"}]}]}'

            OpenAI's API, served by an upstream that speaks Anthropic's:
              curl -N localhost:3000/v1/chat/completions -H 'content-type: application/json' \\
                -d '{"model":"demo-anthropic","stream":true,"messages":[{"role":"user","content":"Hello"}]}'

            demo-openai, demo-responses, demo-anthropic and demo-gemini work with every API; demo-failover has an upstream that is away.

              curl localhost:9000/health
              curl localhost:9000/metrics

            Stop it with Ctrl-C.

            """;

    private static final String CONFIGURATION = """
            http_server:
              forwards:
                - name: demo
                  port: 3000
                  address: 127.0.0.1
                  upstream_group: mock
                  routing:
                    - { model: demo-openai, target_group: openai }
                    - { model: demo-responses, target_group: responses }
                    - { model: demo-anthropic, target_group: anthropic }
                    - { model: demo-gemini, target_group: gemini }
                    - { model: demo-failover, target_group: failover }
              admin: { port: 9000, address: 127.0.0.1, token: %2$s }
            upstreams:
              - { name: openai, url: "http://127.0.0.1:%1$d", dialect: openai, models: [ demo-openai ] }
              - { name: responses, url: "http://127.0.0.1:%1$d", dialect: responses, models: [ demo-responses ] }
              - { name: anthropic, url: "http://127.0.0.1:%1$d", dialect: anthropic, models: [ demo-anthropic ] }
              - { name: gemini, url: "http://127.0.0.1:%1$d", dialect: gemini, models: [ demo-gemini ] }
              - { name: mock, url: "http://127.0.0.1:%1$d" }
              - { name: unreachable, url: "http://127.0.0.1:1", models: [ demo-failover ] }
            upstream_groups:
              - { name: openai, upstreams: [ { name: openai } ] }
              - { name: responses, upstreams: [ { name: responses } ] }
              - { name: anthropic, upstreams: [ { name: anthropic } ] }
              - { name: gemini, upstreams: [ { name: gemini } ] }
              - { name: mock, upstreams: [ { name: mock } ] }
              - name: failover
                upstreams: [ { name: unreachable }, { name: mock } ]
                balance: { strategy: failover }
            """;

    private static final int TOKEN_BYTES = 12;

    private final Server server;
    private final String token;

    private Demo(Server server, String token) {
        this.server = server;
        this.token = token;
    }

    /** Starts the mock LLM on a port that the system chooses. */
    static Demo start() {
        Server server = new Server();
        ServerConnector connector = new ServerConnector(server, 1, 1);
        connector.setHost("127.0.0.1");
        server.addConnector(connector);
        server.setHandler(new DemoUpstream());
        LifeCycle.start(server);
        return new Demo(server, token());
    }

    /** Another one each time: who opens the console has seen the terminal that it was started in. */
    private static String token() {
        byte[] random = new byte[TOKEN_BYTES];
        new SecureRandom().nextBytes(random);
        return HexFormat.of().formatHex(random);
    }

    /** What to try, with the token that the console asks for. */
    String invitation() {
        return INVITATION.formatted(token);
    }

    ConfigSource source() {
        int port = ((ServerConnector) server.getConnectors()[0]).getLocalPort();
        return ConfigSource.of(CONFIGURATION.formatted(port, token), "the demo");
    }

    void stop() {
        LifeCycle.stop(server);
    }
}
