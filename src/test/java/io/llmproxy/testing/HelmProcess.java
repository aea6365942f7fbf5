package io.llmproxy.testing;

import com.marcnuri.helm.Helm;
import com.marcnuri.helm.LintResult;
import com.marcnuri.helm.TemplateCommand;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;

/**
 * Helm in a process of its own: its library brings the runtime of Go along, in whose company a JVM no longer answers those who attach to
 * it, as fuzz tests do. A line for each call goes in, a line with what came of it comes out.
 */
public final class HelmProcess implements AutoCloseable {
    private static final String FINE = "fine ";

    private final Process process;
    private final PrintWriter calls;
    private final BufferedReader answers;

    private HelmProcess(Process process) {
        this.process = process;
        this.calls = new PrintWriter(process.outputWriter(StandardCharsets.UTF_8), true);
        this.answers = process.inputReader(StandardCharsets.UTF_8);
    }

    /** Starts it. */
    public static HelmProcess start() {
        try {
            return new HelmProcess(new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-XX:TieredStopAtLevel=1",
                            "-cp",
                            System.getProperty("java.class.path"),
                            HelmProcess.class.getName())
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Renders a chart.
     *
     * @param settings values that go over those of the file, as {@code name=value}
     * @throws IllegalStateException with what Helm says, if it does not
     */
    public String template(Path chart, Path values, String... settings) {
        return call(Stream.concat(
                Stream.of("template", chart.toString(), values.toAbsolutePath().toString()), Stream.of(settings)));
    }

    /** Returns what Helm has to say of a chart, and whether it is good, in a line each. */
    public String lint(Path chart) {
        return call(Stream.of("lint", chart.toString()));
    }

    private String call(Stream<String> words) {
        calls.println(String.join(" ", words.map(HelmProcess::encoded).toList()));
        try {
            String answer = answers.readLine();
            if (answer == null) {
                throw new IllegalStateException("Helm's process has ended");
            }
            String text = decoded(answer.substring(answer.indexOf(' ') + 1));
            if (!answer.startsWith(FINE)) {
                throw new IllegalStateException(text);
            }
            return text;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String encoded(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String decoded(String text) {
        return new String(Base64.getDecoder().decode(text), StandardCharsets.UTF_8);
    }

    /** The process itself; it ends with its input. */
    public static void main(String[] none) {
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))
                .lines()
                .map(line ->
                        Stream.of(line.split(" ")).map(HelmProcess::decoded).toList())
                .forEach(call -> System.out.println(answer(call)));
    }

    private static String answer(List<String> call) {
        try {
            Helm helm = new Helm(Path.of(call.get(1)));
            return FINE + encoded(call.get(0).equals("lint") ? linted(helm) : rendered(helm, call));
        } catch (RuntimeException e) {
            return "failed " + encoded(String.valueOf(e.getMessage()));
        }
    }

    private static String linted(Helm helm) {
        LintResult result = helm.lint().strict().call();
        return String.join("\n", result.getMessages()) + "\n" + (result.isFailed() ? "failed" : "good");
    }

    private static String rendered(Helm helm, List<String> call) {
        TemplateCommand command = helm.template()
                .withName("gateway")
                .withNamespace("llm")
                .withKubeVersion("1.31.0")
                .withValuesFile(Path.of(call.get(2)));
        call.stream().skip(3).forEach(setting -> {
            int equals = setting.indexOf('=');
            command.set(setting.substring(0, equals), setting.substring(equals + 1));
        });
        return command.call();
    }

    @Override
    public void close() {
        calls.close();
        process.destroy();
    }
}
