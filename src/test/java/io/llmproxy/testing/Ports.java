package io.llmproxy.testing;

import java.io.IOException;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * Free ports for processes that have to be told theirs. Below the range from which the system takes ports itself.
 *
 * <p>JVMs that test side by side share the range. Each takes blocks of it: a block belongs to the JVM that listens on its
 * first port, which is never given away.
 */
public final class Ports {
    private static final int FIRST = 12000;
    private static final int LAST = 32000;
    private static final int BLOCK = 100;
    private static final Random RANDOM = new Random();

    /** Hold the blocks of this JVM, to its end: what was given may still be in use. */
    private static final List<ServerSocket> GUARDS = new ArrayList<>();

    private static int next;
    private static int end;

    private Ports() {}

    /** A port that no process listens on, and that is never given again. */
    public static synchronized int free() {
        for (int attempt = 0; attempt < LAST - FIRST; attempt++) {
            if (next == end) {
                ServerSocket guard = block();
                GUARDS.add(guard);
                next = guard.getLocalPort() + 1;
                end = guard.getLocalPort() + BLOCK;
            }
            int port = next++;
            ServerSocket probe = bound(port);
            if (probe != null) {
                FakeUpstream.closeQuietly(probe);
                return port;
            }
        }
        throw new IllegalStateException("no free port between " + FIRST + " and " + LAST);
    }

    private static ServerSocket block() {
        int blocks = (LAST - FIRST) / BLOCK;
        int start = RANDOM.nextInt(blocks);
        for (int i = 0; i < blocks; i++) {
            ServerSocket first = bound(FIRST + (start + i) % blocks * BLOCK);
            if (first != null) {
                return first;
            }
        }
        throw new IllegalStateException("all ports between " + FIRST + " and " + LAST + " are taken");
    }

    private static @Nullable ServerSocket bound(int port) {
        try {
            return new ServerSocket(port);
        } catch (IOException e) {
            return null;
        }
    }
}
