package io.llmproxy.launcher;

import java.lang.reflect.Proxy;
import java.util.concurrent.CountDownLatch;

/**
 * SIGTERM and SIGINT: the first one asks for an orderly stop, a second one ends the process at once. The JDK's class for
 * signals is outside its supported interfaces, so it is reached by reflection; without it the JVM stops at the first one.
 */
final class Signals {
    private static final int KILLED = 130;

    private final CountDownLatch stop = new CountDownLatch(1);

    private Signals() {}

    static Signals install() {
        Signals signals = new Signals();
        signals.handle("TERM");
        signals.handle("INT");
        return signals;
    }

    void awaitStop() {
        try {
            stop.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void handle(String name) {
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            Object receiver = Proxy.newProxyInstance(
                    Signals.class.getClassLoader(), new Class<?>[] {handler}, (proxy, method, arguments) -> {
                        received();
                        return null;
                    });
            signal.getMethod("handle", signal, handler)
                    .invoke(null, signal.getConstructor(String.class).newInstance(name), receiver);
        } catch (ReflectiveOperationException | IllegalArgumentException e) {
            Runtime.getRuntime().addShutdownHook(new Thread(stop::countDown, "llmproxy-stop"));
        }
    }

    private void received() {
        if (stop.getCount() == 0) {
            Runtime.getRuntime().halt(KILLED);
        }
        stop.countDown();
    }
}
