package io.llmproxy.testing;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;

/** The body of an HTTP/1.1 message without its framing. Ends with an exception when the peer ends it early. */
final class BodyStream extends InputStream {
    private static final long UNTIL_CLOSE = -1;
    private final InputStream in;
    private final boolean chunked;
    private long left;
    private boolean afterChunk;
    private boolean ended;

    private BodyStream(InputStream in, boolean chunked, long left) {
        this.in = in;
        this.chunked = chunked;
        this.left = left;
        this.ended = !chunked && left == 0;
    }

    /** The body of a request: none without a length or chunks. */
    static BodyStream ofRequest(InputStream in, Head head) {
        return of(in, head, 0);
    }

    /** The body of an answer: up to the close without a length or chunks. */
    static BodyStream ofAnswer(InputStream in, Head head, String method) {
        int status = head.status();
        boolean none = method.equals("HEAD") || status < 200 || status == 204 || status == 304;
        return none ? new BodyStream(in, false, 0) : of(in, head, UNTIL_CLOSE);
    }

    private static BodyStream of(InputStream in, Head head, long otherwise) {
        if (head.chunked()) {
            return new BodyStream(in, true, 0);
        }
        return new BodyStream(
                in, false, head.value("Content-Length").map(Long::parseLong).orElse(otherwise));
    }

    /** Whether the whole body was read. */
    boolean ended() {
        return ended;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        if (ended || length == 0) {
            return ended ? -1 : 0;
        }
        if (chunked && left == 0 && !nextChunk()) {
            return -1;
        }
        int read = in.read(target, offset, left < 0 ? length : (int) Math.min(length, left));
        if (read < 0) {
            return closed();
        }
        left -= left < 0 ? 0 : read;
        if (left == 0) {
            finishPiece();
        }
        return read;
    }

    private int closed() throws EOFException {
        if (left != UNTIL_CLOSE) {
            throw new EOFException("the peer ended within a body, " + left + " bytes short");
        }
        ended = true;
        return -1;
    }

    /** The line end behind a chunk is read with the next one: it may come as late. */
    private boolean nextChunk() throws IOException {
        if (afterChunk && !Head.line(in).isEmpty()) {
            throw new IOException("a chunk is longer than it says");
        }
        String size = Head.line(in).split(";", 2)[0].strip();
        left = Long.parseLong(size, 16);
        if (left > 0) {
            return true;
        }
        for (String trailer = Head.line(in); !trailer.isEmpty(); trailer = Head.line(in)) {
            left = 0;
        }
        ended = true;
        return false;
    }

    private void finishPiece() {
        afterChunk = chunked;
        ended = !chunked;
    }
}
