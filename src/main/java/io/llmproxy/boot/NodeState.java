package io.llmproxy.boot;

import io.llmproxy.config.StoreConfig;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Objects;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The directory of a node, and who it is. Two processes are never one node: the second to use a directory gets an identity for once.
 *
 * @param directory where the node keeps what outlives it
 * @param id the same for as long as the directory is there
 * @param boot another at each start
 * @param name what operators call it
 * @param lock held while the process is this node; null if it is not alone, or the directory cannot be written to
 * @param inUse whether another process is the node of this directory
 */
record NodeState(
        Path directory,
        String id,
        String boot,
        String name,
        @Nullable FileChannel lock,
        boolean inUse) implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NodeState.class);
    private static final int ID_LENGTH = 36;

    static NodeState open(StoreConfig config, @Nullable Path file, boolean inContainer) {
        Path directory = directory(config, file, inContainer);
        String name = name(config);
        String boot = UUID.randomUUID().toString();
        try {
            make(directory);
            FileChannel channel = FileChannel.open(
                    directory.resolve("node-id"),
                    StandardOpenOption.CREATE,
                    StandardOpenOption.READ,
                    StandardOpenOption.WRITE);
            if (locked(channel)) {
                return new NodeState(directory, id(channel), boot, name, channel, false);
            }
            channel.close();
            LOG.warn("{} is in use by another node (expected: a separate store.directory for each node)", directory);
            return new NodeState(directory, boot, boot, name, null, true);
        } catch (IOException e) {
            LOG.warn("{}: this node's identity cannot be stored: {}", directory, e.toString());
        }
        return new NodeState(directory, boot, boot, name, null, false);
    }

    /** Only the owner may read what is in it, such as the database. A directory that exists keeps its permissions. */
    private static void make(Path directory) throws IOException {
        if (Files.isDirectory(directory)) {
            return;
        }
        Path parent = directory.toAbsolutePath().getParent();
        if (parent != null) {
            Files.createDirectories(parent);
        }
        try {
            Files.createDirectory(
                    directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        } catch (FileAlreadyExistsException | UnsupportedOperationException e) {
            // Another node was faster, or the file system knows no such permissions.
            Files.createDirectories(directory);
        }
    }

    private static boolean locked(FileChannel channel) throws IOException {
        try {
            return channel.tryLock() != null;
        } catch (OverlappingFileLockException e) {
            return false;
        }
    }

    private static String id(FileChannel channel) throws IOException {
        ByteBuffer before = ByteBuffer.allocate(ID_LENGTH);
        channel.read(before, 0);
        if (before.position() == ID_LENGTH) {
            return new String(before.array(), StandardCharsets.US_ASCII);
        }
        String id = UUID.randomUUID().toString();
        channel.write(ByteBuffer.wrap(id.getBytes(StandardCharsets.US_ASCII)), 0);
        channel.force(true);
        return id;
    }

    /**
     * Returns the directory of a node: the configured one, else the one that systemd gives, else one beside the node's file, else one
     * in the container's base.
     *
     * @param file the node's own file; null if it has none
     */
    static Path directory(StoreConfig config, @Nullable Path file, boolean inContainer) {
        if (config.directory() != null) {
            return config.directory();
        }
        // systemd lists several with colons between them.
        String given = System.getenv().getOrDefault("STATE_DIRECTORY", "").split(":", 2)[0];
        if (!given.isBlank()) {
            return Path.of(given);
        }
        if (file != null) {
            return file.toAbsolutePath().resolveSibling("state");
        }
        return Stream.of("catalina.base", "jetty.base")
                .flatMap(name -> Stream.ofNullable(System.getProperty(name)))
                .filter(base -> inContainer)
                .findFirst()
                .map(base -> Path.of(base, "llmproxy"))
                .orElse(Path.of("state"));
    }

    private static String name(StoreConfig config) {
        if (config.node() != null) {
            return config.node();
        }
        String pod = System.getenv("POD_NAME");
        if (pod != null && !pod.isBlank()) {
            return pod;
        }
        try {
            return Objects.requireNonNull(InetAddress.getLocalHost().getHostName());
        } catch (UnknownHostException e) {
            return "unknown";
        }
    }

    @Override
    public void close() {
        if (lock != null) {
            try {
                lock.close();
            } catch (IOException e) {
                LOG.debug("the lock goes with the process", e);
            }
        }
    }
}
