package io.llmproxy.fuzz;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;

/**
 * Runs one target without a build around it, for {@code .ci/fuzz}: with {@code JAZZER_FUZZ=1} in its environment it searches. Its
 * argument is the name of a class of this package. It exits with 1 when there is a finding, and with 2 when nothing was run.
 */
final class Search {
    private Search() {}

    public static void main(String[] arguments) {
        LauncherDiscoveryRequest request = LauncherDiscoveryRequestBuilder.request()
                .selectors(selectClass(Search.class.getPackageName() + "." + arguments[0]))
                .build();
        SummaryGeneratingListener listener = new SummaryGeneratingListener();
        LauncherFactory.create().execute(request, listener);
        listener.getSummary().printFailuresTo(new PrintWriter(System.err, true, StandardCharsets.UTF_8), 50);
        boolean none = listener.getSummary().getTestsStartedCount() == 0;
        System.exit(none ? 2 : listener.getSummary().getTotalFailureCount() > 0 ? 1 : 0);
    }
}
