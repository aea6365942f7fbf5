package io.llmproxy.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;

/**
 * The launcher's classes as the JVM keeps them, in a file that it maps: a start takes 40 % less CPU with it. The first test that
 * starts a launcher makes it, for all JVMs that run tests of this build. A container loads most classes by loaders of its own, and
 * those are not in such a file.
 */
final class ClassArchive {
    private static final String RECORD = "-XX:ArchiveClassesAtExit=";
    private static final Duration TO_WRITE = Duration.ofSeconds(60);
    private static final ClassArchive SHARED = new ClassArchive();

    private List<String> options = List.of();
    private boolean sought;

    private ClassArchive() {}

    /** What a JVM with these options has to be told to use it; nothing for a JVM that writes it, and where it could not be made. */
    static List<String> options(List<String> jvmOptions) {
        return jvmOptions.stream().anyMatch(option -> option.startsWith(RECORD)) ? List.of() : SHARED.find();
    }

    private synchronized List<String> find() {
        if (!sought) {
            sought = true;
            try {
                Path archive = findOrMake();
                // Where it does not fit, such as for a heap of another form, the JVM does without and need not say so.
                options = Files.exists(archive)
                        ? List.of("-XX:SharedArchiveFile=" + archive, "-Xlog:cds=off,cds+dynamic=off")
                        : List.of();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return options;
    }

    private static Path findOrMake() throws IOException {
        long built = Files.getLastModifiedTime(Artefacts.launcher()).toMillis();
        Path archive = Artefacts.report("launcher-" + Runtime.version().feature() + "-" + built + ".jsa");
        try (FileChannel lock = FileChannel.open(
                Artefacts.report("launcher-jsa.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            lock.lock();
            if (!Files.exists(archive)) {
                make(archive);
            }
        }
        return archive;
    }

    /** Has a launcher serve a request and end in order. */
    private static void make(Path archive) throws IOException {
        Path unfinished = Artefacts.report("launcher-unfinished.jsa");
        Files.deleteIfExists(unfinished);
        try (FakeUpstream upstream = FakeUpstream.start().otherwise(Behaviour.json("{}"));
                Deployment deployment = Deployment.start(
                        Deployment.Kind.LAUNCHER,
                        new Gateway().single("one", upstream.url(), "", "", ""),
                        RECORD + unfinished)) {
            RawClient.exchange(deployment.forward("one", "/v1/x"), "POST", "Connection: close\r\n", new byte[0]);
            deployment.process().terminate();
            if (deployment.process().ended(TO_WRITE) && Files.exists(unfinished)) {
                Files.move(unfinished, archive, StandardCopyOption.ATOMIC_MOVE);
            }
        }
    }
}
