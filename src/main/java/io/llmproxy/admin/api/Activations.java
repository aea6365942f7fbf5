package io.llmproxy.admin.api;

import io.llmproxy.admin.ConfigDocuments;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** Which nodes serve a version. */
final class Activations {
    private static final long PAUSE_MILLIS = 200;

    /** Who waits keeps a thread: a few may. */
    private final Semaphore waiting = new Semaphore(8);

    private final ConfigDocuments documents;

    Activations(ConfigDocuments documents) {
        this.documents = documents;
    }

    record Refusal(String node, List<String> problems) {}

    record Activation(long version, boolean done, List<String> active, List<String> pending, List<Refusal> nack) {}

    /** Tells it, at once or when all nodes have answered. */
    Activation of(long version, long seconds) {
        Activation now = now(version);
        if (now.done() || seconds == 0 || !waiting.tryAcquire()) {
            return now;
        }
        try {
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
            while (!now.done() && System.nanoTime() < end) {
                TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
                now = now(version);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            waiting.release();
        }
        return now;
    }

    private Activation now(long version) {
        List<String> active = new ArrayList<>();
        List<String> pending = new ArrayList<>();
        List<Refusal> nack = new ArrayList<>();
        for (ConfigDocuments.Node node : documents.nodes()) {
            if (!node.live()) {
                continue;
            }
            if (node.active() == version) {
                active.add(node.name());
            } else if (node.tried() == version && !node.nack().isEmpty()) {
                nack.add(new Refusal(node.name(), node.nack()));
            } else if (node.tried() <= version) {
                pending.add(node.name());
            }
        }
        return new Activation(version, pending.isEmpty(), active, pending, nack);
    }
}
