package io.llmproxy.ledger;

import io.llmproxy.config.LedgerConfig;
import io.llmproxy.config.LedgerConfig.Sync;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The files of this run, one after the other: each begins with a line that says which record comes first, and which file came
 * before, and ends with one that says how many there were. Used by one thread.
 */
final class FileChain {
    private static final Logger LOG = LoggerFactory.getLogger(FileChain.class);

    /** After so long it is tried again to begin another file, or to return from the other disk. */
    private static final Duration NEXT_TRY = Duration.ofMinutes(1);

    private final LedgerConfig config;
    private final Node node;
    private final Time time;
    private final AppendFile.Maker maker;
    private final Flights flights;
    private final Consumer<Path> done;
    private final LedgerLine line;
    private final Place home;
    private final @Nullable Place spill;
    private final List<Crash> crashes = new ArrayList<>();
    private @Nullable OpenFile current;
    private @Nullable String previous;
    private int number;
    private long nextTry;
    private boolean away;

    /**
     * Makes one; no file is touched yet.
     *
     * @param done is told of files that are complete
     */
    FileChain(LedgerConfig config, Node node, Time time, AppendFile.Maker maker, Flights flights, Consumer<Path> done) {
        this.config = config;
        this.node = node;
        this.time = time;
        this.maker = maker;
        this.flights = flights;
        this.done = done;
        this.line = new LedgerLine(node.boot());
        this.home = new Place(config.place());
        Path other = config.spillDirectory();
        this.spill = other == null ? null : new Place(other);
        this.nextTry = time.now();
    }

    /** The file that is written to, or null. */
    @Nullable AppendFile file() {
        OpenFile open = current;
        return open == null ? null : open.file();
    }

    /**
     * Opens a file, unless one is open.
     *
     * @param next the number of the record that comes next
     */
    OpenFile open(long next) throws IOException {
        OpenFile open = current;
        if (open == null) {
            open = openIn(away && spill != null ? spill : home, next);
            current = open;
        }
        return open;
    }

    /**
     * Appends lines.
     *
     * @param from the number of the first
     * @param to the number of the last
     */
    void append(byte[] lines, long from, long to) throws IOException {
        try {
            open(from).append(lines, to);
        } catch (AppendFile.BrokenFileException e) {
            abandon();
            throw e;
        }
    }

    /** Whether another file should be begun, or the first disk be looked at again. */
    boolean shouldRotate() {
        OpenFile open = current;
        return open != null && time.now() - nextTry >= 0 && (away || isFull(open));
    }

    private boolean isFull(OpenFile open) {
        return !open.isEmpty()
                && (open.file().length() >= config.rotateSize()
                        || open.age(time.now()) >= config.rotateAfter().toNanos());
    }

    /** Begins another file on the first disk if that is possible; else on the other one, if the current file is full. */
    void rotate(long next) {
        OpenFile before = current;
        OpenFile after = tryIn(home, next);
        if (after != null) {
            away = false;
        } else if (away && spill != null && before != null && isFull(before)) {
            after = tryIn(spill, next);
        }
        if (after == null) {
            nextTry = time.now() + NEXT_TRY.toNanos();
            return;
        }
        current = after;
        if (before != null) {
            finish(before);
        }
    }

    private @Nullable OpenFile tryIn(Place place, long next) {
        try {
            return openIn(place, next);
        } catch (IOException e) {
            LOG.debug("no other file can be begun in {}", place.directory(), e);
            return null;
        }
    }

    /** Goes to the other disk with what comes next, if there is one. */
    void goAway() {
        if (spill != null && !away) {
            away = true;
            nextTry = time.now() + NEXT_TRY.toNanos();
            abandon();
        }
    }

    /** Makes what was written survive a loss of power, if that is wanted. Returns whether there was something. */
    boolean sync() throws IOException {
        OpenFile open = current;
        return open != null && config.sync() != Sync.NEVER && open.sync();
    }

    /** Takes the processes that ended without closing the ledger, as far as they are known by now. */
    List<Crash> takeCrashes() {
        List<Crash> taken = List.copyOf(crashes);
        crashes.clear();
        return taken;
    }

    /**
     * Ends.
     *
     * @param all whether all that was to be written is written
     */
    void close(boolean all) {
        OpenFile open = current;
        current = null;
        boolean whole = open == null || finish(open);
        FlightMap map = flights.map();
        if (all && whole && map != null) {
            delete(map.path());
        }
        places().forEach(Place::leave);
    }

    private OpenFile openIn(Place place, long next) throws IOException {
        if (place.enter()) {
            entered(place);
        }
        LedgerName name = LedgerName.of(node.name(), node.boot(), time.wall().instant(), number + 1);
        AppendFile file = maker.create(place.directory().resolve(name.plain()));
        try {
            line.begin("open", LedgerId.open(node.boot(), name.file()), time.millis());
            line.text("node", node.name()).text("boot", node.boot()).number("file", name.file());
            line.number("first", next).text("previous", previous).text("version", node.version());
            file.append(line.finish());
        } catch (IOException e) {
            file.close();
            delete(file.path());
            throw e;
        }
        if (config.sync() != Sync.NEVER) {
            place.sync();
        }
        number++;
        previous = name.plain();
        return new OpenFile(file, name, next, time.now());
    }

    /** A directory is ours now: what others have left in it can be looked at. */
    private void entered(Place place) throws IOException {
        FlightMap before = flights.map();
        if (before == null || !Files.exists(before.path())) {
            String name = node.name() + "-" + node.boot() + FlightMap.SUFFIX;
            flights.use(FlightMap.create(place.directory().resolve(name)));
        }
        List<Path> all = places().map(Place::directory).toList();
        crashes.addAll(Crash.find(place.directory(), all, node.boot(), time.millis()));
        if (spill != null && place == home) {
            lookInto(spill);
        }
        packLeft(place.directory());
    }

    /** A process that was killed has compressed nothing. What was written just now may be of a ledger before that is still at it. */
    private void packLeft(Path directory) {
        Instant old = time.wall().instant().minus(NEXT_TRY);
        try {
            for (LedgerName.Found found : LedgerName.in(directory)) {
                boolean others = !found.name().packed() && !found.name().boot().equals(node.boot());
                if (others
                        && Files.getLastModifiedTime(found.path()).toInstant().isBefore(old)) {
                    done.accept(found.path());
                }
            }
        } catch (IOException e) {
            LOG.debug("{}: what others have left there stays as it is", directory, e);
        }
    }

    private void lookInto(Place other) {
        try {
            if (other.enter()) {
                entered(other);
            }
        } catch (IOException e) {
            LOG.debug("{} cannot be used", other.directory(), e);
        }
    }

    private Stream<Place> places() {
        return spill == null ? Stream.of(home) : Stream.of(home, spill);
    }

    private boolean finish(OpenFile ending) {
        boolean whole = ending.finish(line, time.millis());
        if (whole) {
            done.accept(ending.file().path());
        }
        return whole;
    }

    private void abandon() {
        OpenFile open = current;
        current = null;
        if (open != null) {
            open.abandon();
        }
    }

    private static void delete(Path path) {
        try {
            Files.deleteIfExists(path);
        } catch (IOException e) {
            LOG.debug("{} cannot be deleted", path, e);
        }
    }
}
