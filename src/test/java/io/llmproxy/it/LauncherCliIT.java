package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Artefacts;
import io.llmproxy.testing.Gateway;
import io.llmproxy.testing.JavaCommand;
import io.llmproxy.testing.Ports;
import io.llmproxy.testing.RawClient;
import io.llmproxy.testing.ServerProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

class LauncherCliIT {
    private static final Duration SOON = Duration.ofSeconds(60);

    private final Path directory = Artefacts.workDirectory("cli");
    private final int port = Ports.free();
    private final int admin = Ports.free();
    private final String valid =
            new Gateway().single("one", "http://127.0.0.1:1", "", "", "").yaml(Map.of("one", port), admin);

    private ServerProcess launch(List<String> options, Map<String, String> environment, String... arguments) {
        List<String> command = JavaCommand.launcher("-Xmx128m");
        command.addAll(1, options);
        command.addAll(List.of(arguments));
        return ServerProcess.start(directory, environment, command);
    }

    private ServerProcess launch(String... arguments) {
        return launch(List.of(), Map.of(), arguments);
    }

    private Path write(String name, String text) {
        try {
            return Files.writeString(directory.resolve(name), text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean answers(int port) {
        try {
            return RawClient.exchange(URI.create("http://127.0.0.1:" + port + "/health/ready"), "GET", "", new byte[0])
                            .status()
                    == 200;
        } catch (UncheckedIOException e) {
            return false;
        }
    }

    private void awaitReady(ServerProcess process, int adminPort) {
        Awaitility.await().atMost(SOON).failFast(() -> !process.alive()).until(() -> answers(adminPort));
    }

    @Test
    void aValidConfigurationPassesTheCheck() {
        Path config = write("config.yaml", valid);

        for (String option : List.of("--check", "-t")) {
            try (ServerProcess process = launch("--config", config.toString(), option)) {
                assertThat(process.exitCode(SOON)).as(process.log()).isZero();
                assertThat(process.log()).contains(config + ": the configuration is valid (1 forward, 1 upstream)");
            }
        }
        assertThat(answers(admin)).isFalse();
    }

    @Test
    void everyProblemIsListedWithItsLine() {
        Path config = write("broken.yaml", """
                http_server:
                  forwards:
                    - name: one
                      port: 70000
                      upstream_group: nosuch
                upstreams:
                  - name: u
                    ulr: http://127.0.0.1:1
                upstream_groups:
                  - name: g
                    upstreams:
                      - name: u
                    balance:
                      strategy: fastest
                """);

        try (ServerProcess process = launch("-c", config.toString(), "--check")) {
            assertThat(process.exitCode(SOON)).isEqualTo(1);
            assertThat(process.log())
                    .contains("broken.yaml:4")
                    .contains("70000")
                    .contains("nosuch")
                    .contains("broken.yaml:8")
                    .contains("did you mean")
                    .contains("broken.yaml:14")
                    .contains("fastest");
        }
    }

    @Test
    void pricesThatAreWrongMakeTheConfigurationWrong() {
        write("prices.yaml", "version: v\ncurrency: USD\nmodels:\n  - {model: m, per_millon: {}}\n");
        Path config = write("config.yaml", valid + "\nprices: prices.yaml\n");

        try (ServerProcess process = launch("-c", config.toString(), "--check")) {
            assertThat(process.exitCode(SOON)).isEqualTo(1);
            assertThat(process.log())
                    .contains("prices.yaml:4")
                    .contains("per_millon")
                    .contains("(expected: model, upstream,");
        }
    }

    @Test
    void aTableOfPricesIsImportedAndChecked() {
        Path table = write("table.json", """
                {"gpt-x": {"litellm_provider": "openai", "input_cost_per_token": 1.25e-06, "output_cost_per_token": 1e-05,
                  "ocr_cost_per_page": 0.1}}
                """);
        Path prices = write("prices.yaml", "version: v\ncurrency: USD\nmodels:\n  - {model: m, per_millon: {}}\n");

        try (ServerProcess process = launch("prices", "import", table.toString())) {
            assertThat(process.exitCode(SOON)).as(process.log()).isZero();
            assertThat(process.log())
                    .contains("  - {model: \"gpt-x\", per_million: {input: \"1.25\", output: \"10\"}}\n")
                    .contains("left out: gpt-x: ocr_cost_per_page");
        }
        try (ServerProcess process = launch("prices", "check", prices.toString())) {
            assertThat(process.exitCode(SOON)).isEqualTo(1);
            assertThat(process.log()).contains("prices.yaml:4: models[0].per_millon: unknown key (expected: model, ");
        }
        write("prices.yaml", "version: v\ncurrency: USD\nmodels:\n  - {model: m, free: true}\n");
        try (ServerProcess process = launch("prices", "check", prices.toString())) {
            assertThat(process.exitCode(SOON)).as(process.log()).isZero();
            assertThat(process.log()).contains("the prices are valid: version v, 1 rules, in USD");
        }
        for (List<String> wrong : List.of(List.of("prices"), List.of("prices", "print", "x"))) {
            try (ServerProcess process = launch(wrong.toArray(String[]::new))) {
                assertThat(process.exitCode(SOON)).isEqualTo(2);
                assertThat(process.log()).contains("usage: java -jar llmproxy.jar prices check FILE");
            }
        }
    }

    @Test
    void aBrokenConfigurationStartsNothing() {
        Path config = write("broken.yaml", valid.replace("admin:", "amdin:"));
        long start = System.nanoTime();

        try (ServerProcess process = launch("--config", config.toString())) {
            assertThat(process.exitCode(SOON)).isEqualTo(1);
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(20));
            assertThat(process.log()).contains("amdin").contains("admin").doesNotContain("at io.llmproxy");
        }
        assertThat(answers(port)).isFalse();
    }

    @Test
    void theStartLoadsNothingThatItDoesNotNeed() {
        String schemas = "com.sun.org.apache.xerces.internal.impl.xs.";

        assertThat(loadedAtStart())
                .contains("io.llmproxy.proxy.servlet.ForwardServlet ")
                .doesNotContain(schemas)
                .doesNotContain("sun.security.x509.X509CertImpl ")
                .doesNotContain("com.sun.jmx.mbeanserver.JmxMBeanServer ");
        assertThat(loadedAtStart("-Dorg.jboss.weld.xml.disableValidating=false"))
                .as("where the user wants it")
                .contains(schemas);
    }

    @Test
    void nativeMemoryIsToldOfWhereTheJvmTracksIt() {
        Path config = write("config.yaml", valid);

        try (ServerProcess process =
                launch(List.of("-XX:NativeMemoryTracking=summary"), Map.of(), "--config", config.toString())) {
            awaitReady(process, admin);
            assertThat(RawClient.exchange(URI.create("http://127.0.0.1:" + admin + "/metrics"), "GET", "", new byte[0])
                            .text())
                    .contains("jvm_native_memory_committed_bytes");
        }
    }

    private String loadedAtStart(String... options) {
        Path config = write("config.yaml", valid);
        Path loaded = directory.resolve("loaded.txt");
        List<String> all = new ArrayList<>(List.of(options));
        all.add("-Xlog:class+load:file=" + loaded);
        try (ServerProcess process = launch(all, Map.of(), "--config", config.toString())) {
            awaitReady(process, admin);
            return Files.readString(loaded);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void aMissingFileIsABadConfiguration() {
        try (ServerProcess process = launch("--config", "nosuch.yaml")) {
            assertThat(process.exitCode(SOON)).isEqualTo(1);
            assertThat(process.log()).contains("nosuch.yaml").doesNotContain("at io.llmproxy");
        }
    }

    @Test
    void versionAndHelpAreTold() {
        try (ServerProcess version = launch("--version");
                ServerProcess help = launchElsewhere("--help")) {
            assertThat(version.exitCode(SOON)).isZero();
            assertThat(version.log()).containsPattern("\\d+\\.\\d+\\.\\d+");
            assertThat(help.exitCode(SOON)).isZero();
            assertThat(help.log()).contains("--config").contains("--check").contains("--demo");
        }
    }

    private ServerProcess launchElsewhere(String argument) {
        List<String> command = JavaCommand.launcher();
        command.add(argument);
        return ServerProcess.start(Artefacts.workDirectory("cli"), Map.of(), command);
    }

    @Test
    void wrongUsageIsToldFromABadConfiguration() {
        for (List<String> wrong : List.of(List.of("--nosuch"), List.of("--config"), List.of("stray"))) {
            try (ServerProcess process = launch(wrong.toArray(String[]::new))) {
                assertThat(process.exitCode(SOON)).as(wrong.toString()).isEqualTo(2);
                assertThat(process.log()).contains("--help");
            }
        }
    }

    @Test
    void aPortThatIsTakenIsNamedWithItsListener() throws IOException {
        Path config = write("config.yaml", valid);

        try (ServerSocket taken = new ServerSocket(port);
                ServerProcess process = launch("--config", config.toString())) {
            assertThat(taken.isBound()).isTrue();
            assertThat(process.exitCode(SOON)).as(process.log()).isEqualTo(3);
            assertThat(process.log()).contains("one").contains(Integer.toString(port));
        }
        assertThat(answers(admin)).isFalse();
    }

    @Test
    void beingToldToEndIsAGoodEnd() {
        Path config = write("config.yaml", valid);

        try (ServerProcess process = launch("--config", config.toString())) {
            awaitReady(process, admin);
            process.terminate();
            assertThat(process.exitCode(SOON)).as(process.log()).isZero();
        }
    }

    @Test
    void theConfigurationIsFoundByEnvironmentByPropertyAndInTheWorkingDirectory() {
        String config = write("elsewhere.yaml", valid).toString();
        try (ServerProcess process = launch(List.of(), Map.of("LLMPROXY_CONFIG", config))) {
            awaitReady(process, admin);
        }
        try (ServerProcess process =
                launch(List.of("-Dllmproxy.config=" + config), Map.of("LLMPROXY_CONFIG", "nosuch.yaml"))) {
            awaitReady(process, admin);
        }
        write("config.yaml", valid);
        try (ServerProcess process = launch()) {
            awaitReady(process, admin);
        }
    }

    @Test
    void theDemoStreamsInThreeLanguages() {
        try (ServerProcess process = launch("--demo")) {
            awaitReady(process, 9000);
            Map<String, String> ends = Map.of(
                    "/v1/chat/completions", "data: [DONE]",
                    "/v1/messages", "message_stop",
                    "/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse", "finishReason");
            ends.forEach((path, end) -> {
                byte[] question =
                        "{\"model\":\"m\",\"max_tokens\":50,\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"contents\":[{\"parts\":[{\"text\":\"hi\"}]}]}"
                                .getBytes(StandardCharsets.UTF_8);
                URI uri = URI.create("http://127.0.0.1:3000" + path);
                try (RawClient client = RawClient.connect(uri)) {
                    client.send("POST", path, "Content-Type: application/json\r\n", question);
                    assertThat(client.head().status()).as(path).isEqualTo(200);
                    long first = client.event().nanos();
                    Answer rest = client.answer();
                    assertThat(rest.text()).as(path).contains(end);
                    assertThat(System.nanoTime() - first).as("pace of " + path).isGreaterThan(100_000_000L);
                }
            });
            assertThat(process.log()).contains("curl");
        }
    }

    @Test
    void theDemosConsoleTakesTheTokenThatIsPrinted() {
        try (ServerProcess process = launch("--demo")) {
            awaitReady(process, 9000);
            Matcher told = Pattern.compile(
                            "open (http://localhost:9000/admin/ui/) and sign in with the token ([0-9a-f]{24})")
                    .matcher(process.log());
            assertThat(told.find()).isTrue();
            URI console = URI.create(told.group(1).replace("localhost", "127.0.0.1"));
            assertThat(RawClient.exchange(console, "GET", "", new byte[0]).text())
                    .contains("<div id=\"app\">");
            URI session = URI.create("http://127.0.0.1:9000/admin/api/v1/session");
            String shown = "Authorization: Bearer " + told.group(2) + "\r\n";
            assertThat(RawClient.exchange(session, "GET", shown, new byte[0]).status())
                    .isEqualTo(200);
        }
    }
}
