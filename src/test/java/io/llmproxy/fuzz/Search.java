package io.llmproxy.fuzz;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectMethod;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;

/**
 * Runs one target without a build around it, for {@code .ci/fuzz}: with {@code JAZZER_FUZZ=1} in its environment it searches. Its
 * argument is {@code Class.method} of this package: of a whole class, the fuzzer searches with the first method only. Without an
 * argument it prints all targets, one a line. It exits with 1 when there is a finding, and with 2 when nothing was run.
 */
final class Search {
    private static final Class<?> HERE = Search.class;

    private Search() {}

    public static void main(String[] arguments) throws IOException, ReflectiveOperationException {
        if (arguments.length == 0) {
            targets().forEach(System.out::println);
            return;
        }
        String[] target = arguments[0].split("\\.", 2);
        LauncherDiscoveryRequest request = LauncherDiscoveryRequestBuilder.request()
                .selectors(selectMethod(HERE.getPackageName() + "." + target[0], target[1], "byte[]"))
                .build();
        SummaryGeneratingListener listener = new SummaryGeneratingListener();
        LauncherFactory.create().execute(request, listener);
        listener.getSummary().printFailuresTo(new PrintWriter(System.err, true, StandardCharsets.UTF_8), 50);
        boolean none = listener.getSummary().getTestsStartedCount() == 0;
        System.exit(none ? 2 : listener.getSummary().getTotalFailureCount() > 0 ? 1 : 0);
    }

    private static List<String> targets() throws IOException, ReflectiveOperationException {
        List<String> targets = new ArrayList<>();
        Path classes = Path.of("target/test-classes", HERE.getPackageName().replace('.', '/'));
        try (Stream<Path> files = Files.list(classes)) {
            for (String file :
                    files.map(file -> file.getFileName().toString()).sorted().toList()) {
                if (file.endsWith(".class") && !file.contains("-")) {
                    String name = file.replace(".class", "");
                    Class<?> one = Class.forName(HERE.getPackageName() + "." + name, false, HERE.getClassLoader());
                    for (Method method : one.getDeclaredMethods()) {
                        if (method.isAnnotationPresent(FuzzTest.class)) {
                            targets.add(name + "." + method.getName());
                        }
                    }
                }
            }
        }
        return targets;
    }
}
