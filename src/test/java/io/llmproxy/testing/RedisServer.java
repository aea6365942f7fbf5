package io.llmproxy.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;

/** A Redis or a Valkey of the system's package, which keeps its data in memory only. */
public final class RedisServer implements AutoCloseable {
    private static final Duration START = Duration.ofSeconds(30);
    private static final int LONGEST = 4096;

    /** Which of the two it is. */
    public enum Kind {
        REDIS("redis-server"),
        VALKEY("valkey-server");

        private final String program;

        Kind(String program) {
            this.program = program;
        }
    }

    private final Kind kind;
    private final int port;
    private final List<String> settings;
    private ServerProcess process;

    private RedisServer(Kind kind, int port, List<String> settings) {
        this.kind = kind;
        this.port = port;
        this.settings = settings;
        this.process = launch();
    }

    /** Starts a Redis on a free port, with further settings such as {@code --maxmemory 1mb}, and waits until it answers. */
    public static RedisServer start(String... settings) {
        return start(Kind.REDIS, settings);
    }

    /** Starts one of a kind; otherwise as the other. */
    public static RedisServer start(Kind kind, String... settings) {
        RedisServer server = new RedisServer(kind, Ports.free(), List.of(settings));
        server.awaitReady();
        return server;
    }

    private ServerProcess launch() {
        List<String> command = new ArrayList<>(List.of(
                kind.program,
                "--port",
                Integer.toString(port),
                "--bind",
                "127.0.0.1",
                "--save",
                "",
                "--appendonly",
                "no"));
        settings.forEach(setting -> command.addAll(List.of(setting.split(" "))));
        return ServerProcess.start(Artefacts.workDirectory("redis"), Map.of(), command);
    }

    private void awaitReady() {
        Awaitility.await()
                .atMost(START)
                .failFast(() -> !process.alive())
                .ignoreExceptionsInstanceOf(UncheckedIOException.class)
                .until(() -> say("PING").startsWith("+PONG"));
    }

    /** Starts one that copies another. */
    public static RedisServer replicaOf(RedisServer master) {
        return start(master.kind, "--replicaof 127.0.0.1 " + master.port, "--repl-diskless-sync-delay 0");
    }

    /** Its port, on this machine. */
    public int port() {
        return port;
    }

    /** Returns a figure of {@code INFO}, such as {@code master_repl_offset}; -1 if it has none. */
    public long info(String name) {
        Matcher found = Pattern.compile("(?m)^" + name + ":(\\d+)").matcher(say("INFO replication"));
        return found.find() ? Long.parseLong(found.group(1)) : -1;
    }

    /** Where it is, as a configuration names it. */
    public String url() {
        return "redis://127.0.0.1:" + port;
    }

    /** Sends a command, whose words have no spaces, and returns the beginning of what it answers. */
    public String say(String command) {
        return say(port, command);
    }

    static String say(int port, String command) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            socket.getOutputStream().write((command + "\r\n").getBytes(StandardCharsets.UTF_8));
            InputStream input = socket.getInputStream();
            byte[] answer = new byte[LONGEST];
            int length = input.read(answer);
            return new String(answer, 0, Math.max(0, length), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Ends it at once. */
    public void kill() {
        process.close();
    }

    /** Starts it again, without any data. */
    public void again() {
        process = launch();
        awaitReady();
    }

    /** Stops it from doing anything, while its connections stay. */
    public void freeze() {
        process.signal("STOP");
    }

    /** Lets it go on. */
    public void thaw() {
        process.signal("CONT");
    }

    @Override
    public void close() {
        process.close();
    }
}
