package io.llmproxy.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Stands between nodes and a Redis: passes everything on, late if it is told to, or answers in its place. */
public final class RedisRelay implements AutoCloseable {
    private final ServerSocket server;
    private final int redis;
    private final ExecutorService threads = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "redis-relay");
        thread.setDaemon(true);
        return thread;
    });
    private volatile Duration delay = Duration.ZERO;
    private volatile @Nullable String answer;
    private final AtomicInteger answered = new AtomicInteger();

    private RedisRelay(ServerSocket server, int redis) {
        this.server = server;
        this.redis = redis;
    }

    /** Starts one in front of a Redis. */
    public static RedisRelay start(RedisServer redis) {
        try {
            ServerSocket server = new ServerSocket(Ports.free(), 50, InetAddress.getLoopbackAddress());
            RedisRelay relay = new RedisRelay(server, redis.port());
            relay.threads.execute(relay::accept);
            return relay;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Where it is, as a configuration names it. */
    public String url() {
        return "redis://127.0.0.1:" + server.getLocalPort();
    }

    /** Each answer comes so much later from now on. */
    public void delay(Duration time) {
        delay = time;
    }

    /** Answers each command with a text from now on; with an empty one, it ends the connection. */
    public void answer(String text) {
        answer = text;
        answered.set(0);
    }

    /** How many commands it has answered itself since it was told so. */
    public int answered() {
        return answered.get();
    }

    /** Lets Redis answer again. */
    public void passOn() {
        answer = null;
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket client = server.accept();
                client.setTcpNoDelay(true);
                threads.execute(() -> serve(client));
            } catch (IOException e) {
                // It is closed.
            }
        }
    }

    private void serve(Socket client) {
        try (client;
                Socket behind = new Socket(InetAddress.getLoopbackAddress(), redis)) {
            behind.setTcpNoDelay(true);
            threads.execute(() -> passBack(behind, client));
            InputStream in = client.getInputStream();
            byte[] buffer = new byte[1 << 16];
            for (int length = in.read(buffer); length >= 0; length = in.read(buffer)) {
                String instead = answer;
                if (instead == null) {
                    write(behind, buffer, length);
                    continue;
                }
                answered.incrementAndGet();
                if (instead.isEmpty()) {
                    return;
                } else {
                    byte[] bytes = instead.getBytes(StandardCharsets.ISO_8859_1);
                    write(client, bytes, bytes.length);
                }
            }
        } catch (IOException e) {
            // One of both has gone.
        }
    }

    private void passBack(Socket behind, Socket client) {
        try {
            InputStream in = behind.getInputStream();
            byte[] buffer = new byte[1 << 16];
            for (int length = in.read(buffer); length >= 0; length = in.read(buffer)) {
                TimeUnit.NANOSECONDS.sleep(delay.toNanos());
                write(client, buffer, length);
            }
        } catch (IOException e) {
            // One of both has gone.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void write(Socket to, byte[] bytes, int length) throws IOException {
        OutputStream out = to.getOutputStream();
        out.write(bytes, 0, length);
        out.flush();
    }

    @Override
    public void close() {
        try {
            server.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            threads.shutdownNow();
        }
    }
}
