package io.llmproxy.it.faults;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import io.llmproxy.it.faults.FaultTests.Run;
import io.llmproxy.testing.Artefacts;
import io.llmproxy.testing.Deployment.Kind;
import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/**
 * Which rows hold in which deployment. Nothing in it depends on the time: a good build leaves the page as it was.
 *
 * <p>The classes of a build run in several JVMs. What each has seen is added to one file of the build, and the page is
 * made of that.
 */
final class Scorecard implements AutoCloseable {
    private static final String PAGE = "faults.md";
    private static final String PASSED = "passed";
    private static final String INTRODUCTION = """
            # Faults

            What can go wrong around a gateway, and what LLMProxy does then. `mvn verify` makes each of these faults happen: against the built
            artefacts, over real sockets, with an upstream or a client that misbehaves to order. It looks at what the client saw, how often
            the upstream was called, what the breaker made of it and what the metrics say, and writes this page.

            ✓ holds, ✗ does not, – is not tested there: it is a matter of the process, or of a listener that is the container's own. The
            tests are in `src/test/java/io/llmproxy/it/faults`, the rows in `src/test/resources/faults.txt`.
            """;
    private static final Map<Character, String> FAMILIES = families();

    private final Map<String, Boolean> results = new ConcurrentHashMap<>();

    private static Map<Character, String> families() {
        Map<Character, String> families = new LinkedHashMap<>();
        families.put('U', "Upstreams");
        families.put('F', "Failover");
        families.put('C', "Clients");
        families.put('S', "Attackers");
        families.put('A', "Administration and logs");
        families.put('P', "The process");
        return families;
    }

    void enter(Method test, Kind kind, boolean passed) {
        results.put(new Run(test, kind).key(), passed);
    }

    /** Writes the page for people if all tests have run, and in any case one beside the build's other results. */
    @Override
    public void close() throws IOException {
        Path file = Artefacts.report("faults-" + Artefacts.build() + ".txt");
        try (FileChannel channel = FileChannel.open(file, CREATE, READ, WRITE)) {
            channel.lock();
            Files.readAllLines(file).forEach(this::enterUnlessKnown);
            Files.write(
                    file,
                    results.entrySet().stream()
                            .map(run -> run.getKey() + " " + (run.getValue() ? PASSED : "failed"))
                            .sorted()
                            .toList());
            write();
        }
    }

    private void enterUnlessKnown(String line) {
        int end = line.lastIndexOf(' ');
        results.putIfAbsent(line.substring(0, end), line.endsWith(PASSED));
    }

    private void write() throws IOException {
        String page = page();
        Files.writeString(Artefacts.report(PAGE), page);
        if (FaultTests.all().stream().map(Run::key).allMatch(results::containsKey)) {
            Files.writeString(Artefacts.docs().resolve(PAGE), page);
        }
    }

    private String page() {
        StringBuilder page = new StringBuilder(INTRODUCTION);
        List<Run> runs = FaultTests.all();
        FAMILIES.forEach((family, title) -> {
            page.append("\n## ").append(title).append("\n\n");
            page.append("| | what goes wrong | what has to happen | launcher | Tomcat | Jetty | test |\n");
            page.append("| --- | --- | --- | :---: | :---: | :---: | --- |\n");
            FaultRow.all().stream().filter(row -> row.family() == family).forEach(row -> page.append(line(row, runs)));
        });
        return page.toString();
    }

    private String line(FaultRow row, List<Run> all) {
        List<Run> runs =
                all.stream().filter(run -> run.rows().contains(row.id())).toList();
        String tests =
                runs.stream().map(run -> "`" + run.name() + "`").distinct().collect(Collectors.joining(", "));
        return "| %s | %s | %s | %s | %s | %s | %s |\n"
                .formatted(
                        row.id(),
                        row.fault(),
                        row.behaviour(),
                        mark(runs, Kind.LAUNCHER),
                        mark(runs, Kind.TOMCAT),
                        mark(runs, Kind.JETTY),
                        tests);
    }

    private String mark(List<Run> ofRow, Kind kind) {
        List<Run> runs = ofRow.stream().filter(run -> run.kind() == kind).toList();
        if (runs.isEmpty()) {
            return "–";
        }
        return runs.stream().allMatch(run -> results.getOrDefault(run.key(), false)) ? "✓" : "✗";
    }
}
