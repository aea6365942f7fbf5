package io.llmproxy.usage;

/**
 * Passes over what stands around the data in a body that was compressed with gzip. Pieces may be cut anywhere. Checksums are
 * the client's to check.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc1952">RFC 1952</a>
 */
final class GzipHead {
    private static final int FIXED_LENGTH = 10;
    private static final int FLAGS = 3;
    private static final int TRAILER_LENGTH = 8;
    private static final int[] BEGINNING = {0x1f, 0x8b, 8};
    private static final int HAS_CHECKSUM = 2;
    private static final int HAS_EXTRA = 4;
    private static final int HAS_NAME = 8;
    private static final int HAS_COMMENT = 16;

    private Part part = Part.FIXED;
    /** How many bytes of the part have been read. */
    private int read;

    private int flags;
    private int extra;

    private enum Part {
        FIXED,
        EXTRA_LENGTH,
        EXTRA,
        NAME,
        COMMENT,
        CHECKSUM,
        DATA,
        TRAILER,
        BROKEN
    }

    boolean isInData() {
        return part == Part.DATA;
    }

    boolean isBroken() {
        return part == Part.BROKEN;
    }

    /** The data have ended. */
    void endData() {
        begin(Part.TRAILER);
    }

    /** Returns the index where the data begin, or the end of the range. */
    int pass(byte[] bytes, int from, int to) {
        int at = from;
        while (at < to && part != Part.DATA && part != Part.BROKEN) {
            take(bytes[at] & 0xff);
            at++;
        }
        return at;
    }

    private void take(int next) {
        int index = read;
        read++;
        switch (part) {
            case FIXED -> fixed(index, next);
            case EXTRA_LENGTH -> extraLength(index, next);
            case EXTRA -> endIf(read == extra, HAS_EXTRA);
            case NAME -> endIf(next == 0, HAS_NAME);
            case COMMENT -> endIf(next == 0, HAS_COMMENT);
            case CHECKSUM -> endIf(read == Short.BYTES, HAS_CHECKSUM);
            case TRAILER -> {
                if (read == TRAILER_LENGTH) {
                    begin(Part.FIXED);
                }
            }
            default -> {}
        }
    }

    private void fixed(int index, int next) {
        if (index < BEGINNING.length && next != BEGINNING[index]) {
            part = Part.BROKEN;
        } else if (index == FLAGS) {
            flags = next;
        } else if (read == FIXED_LENGTH) {
            begin(following());
        }
    }

    private void extraLength(int index, int next) {
        extra = index == 0 ? next : extra | next << Byte.SIZE;
        if (index == 1) {
            if (extra == 0) {
                flags &= ~HAS_EXTRA;
            }
            begin(extra == 0 ? following() : Part.EXTRA);
        }
    }

    private void endIf(boolean ended, int flag) {
        if (ended) {
            flags &= ~flag;
            begin(following());
        }
    }

    /** The parts stand in this order. */
    private Part following() {
        if ((flags & HAS_EXTRA) != 0) {
            return Part.EXTRA_LENGTH;
        }
        if ((flags & HAS_NAME) != 0) {
            return Part.NAME;
        }
        if ((flags & HAS_COMMENT) != 0) {
            return Part.COMMENT;
        }
        return (flags & HAS_CHECKSUM) != 0 ? Part.CHECKSUM : Part.DATA;
    }

    private void begin(Part next) {
        part = next;
        read = 0;
    }
}
