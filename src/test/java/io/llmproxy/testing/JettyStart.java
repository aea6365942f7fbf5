package io.llmproxy.testing;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * What Jetty's {@code start.jar} makes of the files of a base: it tells with {@code --dry-run}. It is asked once for all bases of a
 * JVM, which differ in their directory and port alone, and a sixth of the CPU of each further start is saved.
 */
final class JettyStart {
    private static final String PORT = "jetty.http.port=";
    private static final String TEMPORARY = "-Djava.io.tmpdir=";

    private static final String MODULE = "--module=";
    private static final Map<String, JettyStart> TOLD = new HashMap<>();

    private final Path base;
    private final List<String> arguments;

    private JettyStart(Path base, List<String> arguments) {
        this.base = base;
        this.arguments = arguments;
    }

    /** What follows the JVM and its options in the command that starts Jetty with a base. */
    static synchronized List<String> arguments(Path home, Path base, int port) throws IOException {
        String modules = home + "\n" + modules(base);
        JettyStart known = TOLD.get(modules);
        if (known == null) {
            known = ask(home, base);
            TOLD.put(modules, known);
        }
        JettyStart start = known;
        return start.arguments.stream()
                .map(argument -> argument.replace(start.base.toString(), base.toString()))
                .map(argument -> argument.startsWith(PORT) ? PORT + port : argument)
                .toList();
    }

    /** Bases with the same modules start alike. */
    private static String modules(Path base) throws IOException {
        try (Stream<Path> files = Files.list(base.resolve("start.d"))) {
            StringBuilder modules = new StringBuilder();
            for (Path file : files.sorted().toList()) {
                Files.readAllLines(file).stream()
                        .filter(line -> line.startsWith(MODULE))
                        .forEach(line -> modules.append(line).append('\n'));
            }
            return modules.toString();
        }
    }

    private static JettyStart ask(Path home, Path base) throws IOException {
        List<String> command = List.of(
                Artefacts.java(),
                "-XX:TieredStopAtLevel=1",
                "-jar",
                home.resolve("start.jar").toString(),
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
