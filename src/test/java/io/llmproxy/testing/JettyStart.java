package io.llmproxy.testing;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What Jetty's {@code start.jar} makes of the files of a base: it tells with {@code --dry-run}. It is asked once for all bases of a
 * JVM, which differ in their directory and port alone, and a sixth of the CPU of each further start is saved.
 */
final class JettyStart {
    private static final String PORT = "jetty.http.port=";
    private static final String TEMPORARY = "-Djava.io.tmpdir=";

    private static @Nullable JettyStart told;

    private final Path base;
    private final List<String> arguments;

    private JettyStart(Path base, List<String> arguments) {
        this.base = base;
        this.arguments = arguments;
    }

    /** What follows the JVM and its options in the command that starts Jetty with a base. */
    static synchronized List<String> arguments(Path base, int port) throws IOException {
        if (told == null) {
            told = ask(base);
        }
        JettyStart known = told;
        return known.arguments.stream()
                .map(argument -> argument.replace(known.base.toString(), base.toString()))
                .map(argument -> argument.startsWith(PORT) ? PORT + port : argument)
                .toList();
    }

    private static JettyStart ask(Path base) throws IOException {
        List<String> command = List.of(
                Artefacts.java(),
                "-XX:TieredStopAtLevel=1",
                "-jar",
                Artefacts.jetty().resolve("start.jar").toString(),
                "jetty.base=" + base,
                "--dry-run");
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String line = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        List<String> arguments = new ArrayList<>(Arrays.asList(line.split(" ", -1)));
        if (!arguments.remove(0).endsWith("java")
                || Stream.of("'", "\"", "\\", "\n").anyMatch(line::contains)
                || !arguments.contains("org.eclipse.jetty.xml.XmlConfiguration")) {
            throw new IllegalStateException("not a command that can be taken apart at its spaces: " + line);
        }
        arguments.removeIf(argument -> argument.startsWith(TEMPORARY));
        return new JettyStart(base, List.copyOf(arguments));
    }
}
