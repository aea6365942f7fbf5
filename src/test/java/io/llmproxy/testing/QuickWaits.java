package io.llmproxy.testing;

import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.platform.launcher.LauncherSession;
import org.junit.platform.launcher.LauncherSessionListener;

/**
 * How all tests wait unless they say otherwise: they look at once, and often. Awaitility by itself first looks after a tenth of a
 * second. JUnit finds this class by way of {@code META-INF/services}.
 */
public final class QuickWaits implements LauncherSessionListener {
    private static final Duration INTERVAL = Duration.ofMillis(15);

    /** Longer than Awaitility's own ten seconds: a test that passes does not wait for it, and the machine may be busy. */
    private static final Duration LIMIT = Duration.ofSeconds(20);

    @Override
    public void launcherSessionOpened(LauncherSession session) {
        Awaitility.setDefaultPollDelay(Duration.ZERO);
        Awaitility.setDefaultPollInterval(INTERVAL);
        Awaitility.setDefaultTimeout(LIMIT);
    }
}
