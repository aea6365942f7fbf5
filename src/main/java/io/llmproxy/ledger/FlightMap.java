package io.llmproxy.ledger;

import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * What must outlive a process that is killed: how many records it has taken and written, and which attempts are on their way. It
 * is a small file that is mapped into memory; what is stored there is the system's from then on, without a call to it.
 *
 * <p>The file is written with zeros before it is mapped, as a page for which the disk has no room would end the process.
 */
final class FlightMap {
    static final String SUFFIX = ".flight";

    private static final VarHandle LONGS = MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INTS = MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long MAGIC = 0x3130_5448_474c_4c4cL;
    private static final int HEADER = 4096;
    private static final int SLOT = 256;
    private static final int SLOTS = 4096;
    private static final int PROBES = 16;

    private static final int STATE = 0;
    private static final int NUMBER = 4;
    private static final int EXCHANGE = 8;
    private static final int STARTED = 16;
    private static final int INPUT = 24;
    private static final int OUTPUT = 32;
    private static final int TEXTS = 40;
    private static final int FREE = 0;
    private static final int CLAIMED = 1;
    private static final int BUSY = 2;

    private final Path path;
    private final ByteBuffer map;
    private final int slots;

    /** A number of the whole process. */
    enum Counter {
        /** Records that callers have handed in. */
        TAKEN(8),
        /** Of them, those that are in files, singly or in sums. */
        WRITTEN(16),
        /** The number of the last line that is in a file. */
        LAST_LINE(24),
        /** Attempts that were begun. */
        BEGUN(32),
        /** Attempts that were settled. */
        SETTLED(40),
        /** When the process was last seen alive, in milliseconds since 1970. */
        ALIVE(48);

        private final int offset;

        Counter(int offset) {
            this.offset = offset;
        }
    }

    private FlightMap(Path path, ByteBuffer map, int slots) {
        this.path = path;
        this.map = map;
        this.slots = slots;
    }

    /** Makes a new one. */
    static FlightMap create(Path path) throws IOException {
        return create(path, SLOTS);
    }

    static FlightMap create(Path path, int slots) throws IOException {
        int size = HEADER + slots * SLOT;
        try (FileChannel channel = FileChannel.open(
                path, StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            ByteBuffer zeros = ByteBuffer.allocate(size);
            zeros.order(ByteOrder.LITTLE_ENDIAN).putLong(0, MAGIC);
            while (zeros.hasRemaining()) {
                channel.write(zeros);
            }
            ByteBuffer map = channel.map(FileChannel.MapMode.READ_WRITE, 0, size);
            return new FlightMap(path, map.order(ByteOrder.LITTLE_ENDIAN), slots);
        } catch (IOException e) {
            Files.deleteIfExists(path);
            throw e;
        }
    }

    /** Reads what another process has left. */
    static FlightMap read(Path path) throws IOException {
        ByteBuffer left = ByteBuffer.wrap(Files.readAllBytes(path)).order(ByteOrder.LITTLE_ENDIAN);
        if (left.capacity() < HEADER || left.getLong(0) != MAGIC) {
            throw new IOException(path + " is not a map of attempts");
        }
        return new FlightMap(path, left, (left.capacity() - HEADER) / SLOT);
    }

    /** Where its file is. */
    Path path() {
        return path;
    }

    /** Raises a counter to a value, unless it is larger. Any thread may. */
    void raise(Counter counter, long value) {
        long now = get(counter);
        while (now < value && !LONGS.compareAndSet(map, counter.offset, now, value)) {
            now = get(counter);
        }
    }

    /** Sets a counter. */
    void set(Counter counter, long value) {
        LONGS.setVolatile(map, counter.offset, value);
    }

    /** Returns a counter. */
    long get(Counter counter) {
        return map.isDirect() ? (long) LONGS.getVolatile(map, counter.offset) : map.getLong(counter.offset);
    }

    /** Notes an attempt, and returns its slot; negative if all are taken. Any thread may. */
    int begin(Flight flight) {
        int from = Math.floorMod(Long.hashCode(flight.exchange() * 31 + flight.n()), slots);
        for (int probe = 0; probe < Math.min(PROBES, slots); probe++) {
            int slot = (from + probe) % slots;
            int at = HEADER + slot * SLOT;
            if (INTS.compareAndSet(map, at + STATE, FREE, CLAIMED)) {
                fill(at, flight);
                INTS.setRelease(map, at + STATE, BUSY);
                return slot;
            }
        }
        return -1;
    }

    private void fill(int at, Flight flight) {
        map.putInt(at + NUMBER, flight.n());
        map.putLong(at + EXCHANGE, flight.exchange());
        map.putLong(at + STARTED, flight.started());
        map.putLong(at + INPUT, flight.inputEstimate());
        map.putLong(at + OUTPUT, flight.outputBytes());
        int next = putText(at + TEXTS, 47, flight.forward());
        next = putText(next, 63, flight.upstream());
        putText(next, 95, flight.model());
    }

    /** Tells how much of the answer has come. */
    void progress(int slot, long outputBytes) {
        if (slot >= 0) {
            map.putLong(HEADER + slot * SLOT + OUTPUT, outputBytes);
        }
    }

    /** Forgets an attempt. */
    void end(int slot) {
        if (slot >= 0) {
            INTS.setRelease(map, HEADER + slot * SLOT + STATE, FREE);
        }
    }

    /** The attempts that were noted and not forgotten. */
    List<Flight> flights() {
        List<Flight> flights = new ArrayList<>();
        for (int at = HEADER; at < HEADER + slots * SLOT; at += SLOT) {
            if (map.getInt(at + STATE) == BUSY) {
                int upstream = at + TEXTS + 1 + Byte.toUnsignedInt(map.get(at + TEXTS));
                int model = upstream + 1 + Byte.toUnsignedInt(map.get(upstream));
                flights.add(new Flight(
                        map.getLong(at + EXCHANGE),
                        map.getInt(at + NUMBER),
                        text(at + TEXTS),
                        text(upstream),
                        text(model),
                        map.getLong(at + STARTED),
                        map.getLong(at + INPUT),
                        map.getLong(at + OUTPUT)));
            }
        }
        return flights;
    }

    private int putText(int at, int most, String text) {
        int length = Math.min(text.length(), most);
        map.put(at, (byte) length);
        for (int index = 0; index < length; index++) {
            char next = text.charAt(index);
            map.put(at + 1 + index, (byte) (next < 0x80 ? next : '?'));
        }
        return at + 1 + length;
    }

    private String text(int at) {
        byte[] text = new byte[Byte.toUnsignedInt(map.get(at))];
        map.get(at + 1, text);
        return new String(text, StandardCharsets.US_ASCII);
    }
}
