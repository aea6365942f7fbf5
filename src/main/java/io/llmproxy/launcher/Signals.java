package io.llmproxy.launcher;

import java.lang.reflect.Proxy;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * SIGTERM and SIGINT: the first one asks for an orderly stop, a second one ends the process at once. SIGHUP asks for the
 * configuration to be loaded again. The JDK's class for signals is outside its supported interfaces, so it is reached by
 * reflection; without it the JVM stops at the first one.
 */
final class Signals {
    private static final int KILLED = 130;

    private final BlockingQueue<Kind> received = new LinkedBlockingQueue<>();
    private final AtomicBoolean stopping = new AtomicBoolean();

    /** What a signal asks for. */
    enum Kind {
        STOP,
        RELOAD
    }

    private Signals() {}

    static Signals install() {
        Signals signals = new Signals();
        signals.handle("TERM", signals::stop);
        signals.handle("INT", signals::stop);
        signals.handle("HUP", signals::reload);
        return signals;
    }

    /** Waits for the next signal. */
    Kind await() {
        try {
            return received.take();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Kind.STOP;
        }
    }

    private void handle(String name, Runnable action) {
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            Object receiver = Proxy.newProxyInstance(
                    Signals.class.getClassLoader(), new Class<?>[] {handler}, (proxy, method, arguments) -> {
                        action.run();
                        return null;
                    });
            signal.getMethod("handle", signal, handler)
                    .invoke(null, signal.getConstructor(String.class).newInstance(name), receiver);
        } catch (ReflectiveOperationException | IllegalArgumentException e) {
            Runtime.getRuntime().addShutdownHook(new Thread(this::stop, "llmproxy-stop"));
        }
    }

    private void stop() {
        if (stopping.getAndSet(true)) {
            Runtime.getRuntime().halt(KILLED);
        }
        received.add(Kind.STOP);
    }

    /** A reload that is still to be done will see the latest file. */
    private void reload() {
        if (!received.contains(Kind.RELOAD)) {
            received.add(Kind.RELOAD);
        }
    }
}
