package io.llmproxy.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A process whose output is kept and that never outlives the tests. */
public final class ServerProcess implements AutoCloseable {
    private final Process process;
    private final Path output;
    private final Thread hook;

    private ServerProcess(Process process, Path output) {
        this.process = process;
        this.output = output;
        this.hook = new Thread(process::destroyForcibly);
        Runtime.getRuntime().addShutdownHook(hook);
    }

    /** Starts a command in a directory; its output goes to a file there. */
    public static ServerProcess start(Path directory, Map<String, String> environment, List<String> command) {
        Path output = directory.resolve("output.log");
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        List.of("LLMPROXY_CONFIG", "JAVA_TOOL_OPTIONS", "CATALINA_OPTS", "JAVA_OPTS")
                .forEach(builder.environment()::remove);
        builder.environment().putAll(environment);
        try {
            return new ServerProcess(builder.start(), output);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Its process id. */
    public long pid() {
        return process.pid();
    }

    /** What it has written so far. */
    public String log() {
        try {
            return Files.readString(output);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Asks it to end, as an operator would. */
    public void terminate() {
        process.destroy();
    }

    /** Ends it without asking. */
    public void kill() {
        process.destroyForcibly();
    }

    /** Sends it a signal, such as {@code HUP}. */
    public void signal(String name) {
        try {
            new ProcessBuilder("kill", "-" + name, Long.toString(pid())).start().waitFor();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Whether it is running. */
    public boolean alive() {
        return process.isAlive();
    }

    /** Waits for its end and returns its exit code. */
    public int exitCode(Duration limit) {
        if (!ended(limit)) {
            throw new AssertionError("the process still runs after " + limit + ":\n" + log());
        }
        return process.exitValue();
    }

    /** Waits for its end. */
    public boolean ended(Duration limit) {
        try {
            return process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** How many threads it has. */
    public int threads() {
        try (Stream<Path> tasks = Files.list(Path.of("/proc", Long.toString(pid()), "task"))) {
            return (int) tasks.count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What its JVM tells about itself, as {@code jcmd} asks it. */
    public String tell(String... command) {
        String jcmd = Path.of(Artefacts.java()).resolveSibling("jcmd").toString();
        List<String> line = new ArrayList<>(List.of(jcmd, Long.toString(pid())));
        line.addAll(List.of(command));
        try {
            Process asked = new ProcessBuilder(line).redirectErrorStream(true).start();
            return new String(asked.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** How many files and sockets it has open. */
    public int descriptors() {
        try (Stream<Path> files = Files.list(Path.of("/proc", Long.toString(pid()), "fd"))) {
            return (int) files.count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** How much time it has had on a processor. */
    public Duration cpu() {
        return process.info().totalCpuDuration().orElseThrow();
    }

    /** How much of a processor it uses for a while from now on. */
    public Duration cpuOver(Duration window) {
        Duration before = cpu();
        try {
            Thread.sleep(window.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while measuring", e);
        }
        return cpu().minus(before);
    }

    /** How much memory it occupies, in bytes. */
    public long residentBytes() {
        try (Stream<String> lines = Files.lines(Path.of("/proc", Long.toString(pid()), "status"))) {
            return lines.filter(line -> line.startsWith("VmRSS:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
                    .sum();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Ends it if it still runs. A test that is about the end asks for it before: an orderly one costs a container a second. */
    @Override
    public void close() {
        process.destroyForcibly();
        ended(Duration.ofSeconds(10));
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException alreadyShuttingDown) {
            process.destroyForcibly();
        }
    }
}
