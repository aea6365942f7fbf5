package io.llmproxy.breaker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmproxy.breaker.CircuitBreaker.Permit;
import io.llmproxy.breaker.CircuitBreaker.State;
import io.llmproxy.config.BreakerConfig;
import java.io.File;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The threads cannot be started twice, so that each test has its own class loader, as each deployment of a WAR has. */
final class BreakerThreadsTest {

    @Test
    void endWhenTheyAreStopped() throws Exception {
        try (URLClassLoader loader = loader()) {
            assertThat(run(loader, HalfOpen.class)).isEqualTo("HALF_OPEN");
            assertThat(threadsOf(loader)).isNotEmpty();
            assertThat(run(loader, Stop.class)).isEqualTo("false");

            await().untilAsserted(() -> assertThat(threadsOf(loader)).isEmpty());
        }
    }

    @Test
    void startBeforeAnyCall() throws Exception {
        try (URLClassLoader loader = loader()) {
            assertThat(run(loader, Start.class)).isEqualTo("started");
            assertThat(threadsOf(loader)).isNotEmpty();
            assertThat(run(loader, Stop.class)).isEqualTo("false");

            await().untilAsserted(() -> assertThat(threadsOf(loader)).isEmpty());
        }
    }

    @Test
    void canBeStoppedTwiceOrWithoutHavingStarted() throws Exception {
        try (URLClassLoader loader = loader()) {
            assertThat(run(loader, Stop.class)).isEqualTo("false");
            assertThat(run(loader, Stop.class)).isEqualTo("false");

            assertThat(threadsOf(loader)).isEmpty();
        }
    }

    @Test
    void anInterruptIsKept() throws Exception {
        try (URLClassLoader loader = loader()) {
            assertThat(run(loader, StopInterrupted.class)).isEqualTo("true");

            await().untilAsserted(() -> assertThat(threadsOf(loader)).isEmpty());
        }
    }

    @Test
    void aBreakerWorksWithoutThem() throws Exception {
        try (URLClassLoader loader = loader()) {
            assertThat(run(loader, Stop.class)).isEqualTo("false");
            assertThat(run(loader, Recovery.class)).isEqualTo("[CLOSED->OPEN, OPEN->HALF_OPEN, HALF_OPEN->CLOSED]");

            assertThat(threadsOf(loader)).isEmpty();
        }
    }

    /** Starts the threads. */
    static final class Start implements Callable<String> {
        @Override
        public String call() {
            BreakerThreads.start();
            return "started";
        }
    }

    /** Waits until a breaker is half open. */
    static final class HalfOpen implements Callable<String> {
        @Override
        public String call() {
            CircuitBreaker breaker =
                    CircuitBreaker.of(new BreakerConfig(0.5, Duration.ofMillis(10), 1), (from, to) -> {});
            permit(breaker).failed(System.nanoTime());
            await().until(() -> breaker.state() == State.HALF_OPEN);
            return breaker.state().name();
        }
    }

    /** Opens a breaker, and closes it again. */
    static final class Recovery implements Callable<String> {
        @Override
        public String call() {
            List<String> changes = new CopyOnWriteArrayList<>();
            CircuitBreaker breaker = CircuitBreaker.of(
                    new BreakerConfig(0.5, Duration.ofMillis(10), 1), (from, to) -> changes.add(from + "->" + to));
            permit(breaker).failed(System.nanoTime());
            await().until(() -> {
                Permit permit = breaker.tryAcquire(System.nanoTime());
                if (permit != null) {
                    permit.succeeded(System.nanoTime());
                }
                return breaker.state() == State.CLOSED;
            });
            return changes.toString();
        }
    }

    /** Stops the threads; tells whether the own one is interrupted. */
    static final class Stop implements Callable<String> {
        @Override
        public String call() {
            BreakerThreads.stop();
            return String.valueOf(Thread.interrupted());
        }
    }

    /** Stops the threads on one that is interrupted. */
    static final class StopInterrupted implements Callable<String> {
        @Override
        public String call() {
            String state = new HalfOpen().call();
            assertThat(state).isEqualTo("HALF_OPEN");
            Thread.currentThread().interrupt();
            return new Stop().call();
        }
    }

    private static Permit permit(CircuitBreaker breaker) {
        return Objects.requireNonNull(breaker.tryAcquire(System.nanoTime()));
    }

    /** Runs the class of that name, as that class loader has it. */
    private static String run(ClassLoader loader, Class<? extends Callable<String>> script) throws Exception {
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        thread.setContextClassLoader(loader);
        try {
            var constructor = loader.loadClass(script.getName()).getDeclaredConstructor();
            constructor.setAccessible(true);
            return String.valueOf(((Callable<?>) constructor.newInstance()).call());
        } finally {
            thread.setContextClassLoader(before);
        }
    }

    private static List<Thread> threadsOf(ClassLoader loader) {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getContextClassLoader() == loader)
                .filter(thread -> thread != Thread.currentThread())
                // Those of the test itself go by and by.
                .filter(thread -> !thread.getName().startsWith("awaitility"))
                .toList();
    }

    private static URLClassLoader loader() {
        URL[] path = Stream.of(System.getProperty("java.class.path").split(File.pathSeparator, -1))
                .map(BreakerThreadsTest::url)
                .toArray(URL[]::new);
        return new URLClassLoader(path, ClassLoader.getPlatformClassLoader());
    }

    private static URL url(String entry) {
        try {
            return Path.of(entry).toUri().toURL();
        } catch (MalformedURLException e) {
            throw new AssertionError(e);
        }
    }
}
