package io.llmproxy.testing;

import java.io.IOException;
import java.net.ServerSocket;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Free ports for processes that have to be told theirs. Below the range from which the system takes ports itself. */
public final class Ports {
    private static final int FIRST = 12000;
    private static final int LAST = 32000;
    private static final Random RANDOM = new Random();
    private static final Set<Integer> GIVEN = ConcurrentHashMap.newKeySet();

    private Ports() {}

    /** A port that nobody listens on, and that is never given again. */
    public static int free() {
        for (int attempt = 0; attempt < 1000; attempt++) {
            int port = RANDOM.nextInt(FIRST, LAST);
            if (GIVEN.add(port) && bindable(port)) {
                return port;
            }
        }
        throw new IllegalStateException("no free port between " + FIRST + " and " + LAST);
    }

    private static boolean bindable(int port) {
        try (ServerSocket socket = new ServerSocket(port)) {
            return socket.isBound();
        } catch (IOException e) {
            return false;
        }
    }
}
