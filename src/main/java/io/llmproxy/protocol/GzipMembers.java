package io.llmproxy.protocol;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import java.util.zip.ZipException;

/**
 * Reads what was compressed with gzip, one member after the other. Java's own {@code GZIPInputStream} calls itself for each
 * member that is empty, and so runs out of stack on a body of nothing but such members, 20 bytes each.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc1952">RFC 1952</a>
 */
final class GzipMembers extends InputStream {
    private static final int MAGIC = 0x8b1f;
    private static final int DEFLATE = 8;
    private static final int HAS_CHECKSUM = 2;
    private static final int HAS_EXTRA = 4;
    private static final int HAS_NAME = 8;
    private static final int HAS_COMMENT = 16;
    private static final int RESERVED = 0xe0;

    /** Time of the file's change, flags of the compressor, and the system that it ran on. */
    private static final int ABOUT_THE_FILE = 6;

    private final InputStream compressed;
    private final Inflater inflater = new Inflater(true);
    private final CRC32 checksum = new CRC32();
    private final byte[] buffer = new byte[4096];
    private int at;
    private int end;
    private boolean begun;
    private boolean inMember;

    GzipMembers(InputStream compressed) {
        this.compressed = compressed;
    }

    @Override
    public int read() throws IOException {
        byte[] single = new byte[1];
        return read(single, 0, 1) < 0 ? -1 : single[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int count) throws IOException {
        int read = 0;
        while (read == 0 && count > 0) {
            if (!inMember && !begin()) {
                return -1;
            }
            read = inflate(target, offset, count);
        }
        return read;
    }

    @Override
    public void close() throws IOException {
        inflater.end();
        compressed.close();
    }

    /** Reads the head of the next member. Returns whether there is one. */
    private boolean begin() throws IOException {
        if (at == end && !fill()) {
            if (begun) {
                return false;
            }
            throw new EOFException("there is no member");
        }
        begun = true;
        checksum.reset();
        require(number(2) == MAGIC && next() == DEFLATE, "the member does not begin as one of gzip");
        int flags = next();
        require((flags & RESERVED) == 0, "the member has flags that are not known");
        skip(ABOUT_THE_FILE);
        if ((flags & HAS_EXTRA) != 0) {
            skip(number(2));
        }
        skipText((flags & HAS_NAME) != 0);
        skipText((flags & HAS_COMMENT) != 0);
        if ((flags & HAS_CHECKSUM) != 0) {
            long found = checksum.getValue() & 0xffff;
            require(number(2) == found, "the checksum of the member's head is wrong");
        }
        checksum.reset();
        inflater.reset();
        inMember = true;
        return true;
    }

    /** Returns how many bytes were decompressed: 0 if the member has ended. */
    private int inflate(byte[] target, int offset, int count) throws IOException {
        try {
            int read = inflater.inflate(target, offset, count);
            while (read == 0 && !inflater.finished()) {
                require(!inflater.needsDictionary(), "the member needs a dictionary");
                if (at == end && !fill()) {
                    throw new EOFException("the member has no end");
                }
                inflater.setInput(buffer, at, end - at);
                at = end;
                read = inflater.inflate(target, offset, count);
            }
            checksum.update(target, offset, read);
            if (read == 0) {
                endMember();
            }
            return read;
        } catch (DataFormatException e) {
            throw new ZipException(e.getMessage());
        }
    }

    private void endMember() throws IOException {
        at = end - inflater.getRemaining();
        long sum = checksum.getValue();
        long length = inflater.getBytesWritten() & 0xffff_ffffL;
        require(longNumber() == sum, "the checksum of the member is wrong");
        require(longNumber() == length, "the length of the member is wrong");
        inMember = false;
    }

    private boolean fill() throws IOException {
        at = 0;
        end = Math.max(0, compressed.read(buffer, 0, buffer.length));
        return end > 0;
    }

    private int next() throws IOException {
        if (at == end && !fill()) {
            throw new EOFException("the member is cut");
        }
        int next = buffer[at++] & 0xff;
        checksum.update(next);
        return next;
    }

    /** The low byte comes first. */
    private int number(int bytes) throws IOException {
        int number = 0;
        for (int index = 0; index < bytes; index++) {
            number |= next() << (Byte.SIZE * index);
        }
        return number;
    }

    private long longNumber() throws IOException {
        return number(Integer.BYTES) & 0xffff_ffffL;
    }

    private void skip(int bytes) throws IOException {
        for (int left = bytes; left > 0; left--) {
            next();
        }
    }

    private void skipText(boolean present) throws IOException {
        while (present && next() != 0) {}
    }

    private static void require(boolean good, String problem) throws ZipException {
        if (!good) {
            throw new ZipException(problem);
        }
    }
}
