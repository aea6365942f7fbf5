package io.llmproxy.testing;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * The web application as a container unpacks it, made once for all JVMs that run tests of this build: each start of a container
 * takes a fifth less CPU than with the archive. Nothing changes these files; containers are given links to them.
 */
final class UnpackedWar {
    private UnpackedWar() {}

    /** Puts the web application into a directory that does not exist yet. */
    static void deploy(Path directory) throws IOException {
        Path unpacked = findOrMake();
        try (Stream<Path> files = Files.walk(unpacked)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                Path place = directory.resolve(unpacked.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(place);
                } else {
                    Files.createLink(place, file);
                }
            }
        }
    }

    private static Path findOrMake() throws IOException {
        long built = Files.getLastModifiedTime(Artefacts.war()).toMillis();
        Path unpacked = Artefacts.report("war-" + built);
        try (FileChannel lock =
                FileChannel.open(Artefacts.report("war.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            synchronized (UnpackedWar.class) {
                lock.lock();
                if (!Files.exists(unpacked)) {
                    Path unfinished = Artefacts.workDirectory("war");
                    unpack(unfinished);
                    Files.move(unfinished, unpacked, StandardCopyOption.ATOMIC_MOVE);
                }
            }
        }
        return unpacked;
    }

    private static void unpack(Path directory) throws IOException {
        try (ZipFile war = new ZipFile(Artefacts.war().toFile())) {
            List<? extends ZipEntry> files =
                    war.stream().filter(entry -> !entry.isDirectory()).toList();
            for (ZipEntry entry : files) {
                Path file = directory.resolve(entry.getName());
                Files.createDirectories(file.resolveSibling("."));
                try (InputStream content = war.getInputStream(entry)) {
                    Files.copy(content, file);
                }
            }
        }
    }
}
