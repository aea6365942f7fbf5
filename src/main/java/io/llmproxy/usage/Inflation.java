package io.llmproxy.usage;

import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/** Decompresses a copy of a body that passes by, piece by piece, in fixed memory. */
final class Inflation {
    private static final int BUFFER = 4 * 1024;
    private static final int ZLIB = 8;
    private static final int LOW_NIBBLE = 15;

    /** What becomes more than so many times longer is made to keep us busy. */
    private static final long MOST_TIMES = 256;

    private static final long ALWAYS = 1024 * 1024;

    private final BodyReader body;
    private final byte[] buffer = new byte[BUFFER];
    private final @Nullable GzipHead head;
    private @Nullable Inflater inflater;
    private long came;
    private long became;
    private boolean broken;

    private Inflation(@Nullable GzipHead head, BodyReader body) {
        this.head = head;
        this.body = body;
    }

    static Inflation ofGzip(BodyReader body) {
        return new Inflation(new GzipHead(), body);
    }

    /** What is called so has a header of zlib, or should have. */
    static Inflation ofDeflate(BodyReader body) {
        return new Inflation(null, body);
    }

    /** Whether it is not compressed as it is said to be, or too much of it. */
    boolean isBroken() {
        return broken;
    }

    /** Gives back what it takes. */
    void end() {
        if (inflater != null) {
            inflater.end();
            inflater = null;
        }
        broken = true;
    }

    void read(byte[] bytes, int from, int to) {
        came += to - from;
        int at = from;
        while (at < to && !broken) {
            if (head != null && !head.isInData()) {
                at = head.pass(bytes, at, to);
                broken = head.isBroken();
            } else {
                at = inflate(inflater(bytes[at]), bytes, at, to);
            }
        }
        if (broken) {
            end();
        }
    }

    private Inflater inflater(byte first) {
        Inflater known = inflater;
        if (known == null) {
            known = new Inflater(head != null || (first & LOW_NIBBLE) != ZLIB);
            inflater = known;
        }
        return known;
    }

    /** Returns the index behind what belongs to the data. */
    private int inflate(Inflater data, byte[] bytes, int from, int to) {
        data.setInput(bytes, from, to - from);
        try {
            int length = data.inflate(buffer);
            while (length > 0 && became <= ALWAYS + MOST_TIMES * came) {
                became += length;
                body.read(buffer, 0, length);
                length = data.inflate(buffer);
            }
            broken = length > 0 || data.needsDictionary();
        } catch (DataFormatException e) {
            broken = true;
        }
        if (!data.finished()) {
            return to;
        }
        int end = to - data.getRemaining();
        if (head == null) {
            return to;
        }
        head.endData();
        data.reset();
        return end;
    }
}
