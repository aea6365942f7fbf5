package io.llmproxy.usage;

import java.util.Objects;
import java.util.Set;

/**
 * Reads from an answer that passes by what it took, be it whole or a stream. Pieces may be cut anywhere, memory is fixed
 * whatever passes, and no text is kept. It is to be given all that the upstream sent, to the last byte and before anything
 * is changed, as many tell their counts behind the end of what they have to say. Not safe for use by several threads at
 * once.
 */
public final class UsageReader {
    private final UsageShape shape;
    private final Tally tally = new Tally();
    private final BodyReader body;

    /** How an answer ended. */
    public enum Ended {
        /** It is whole. */
        COMPLETE,
        /** It broke off, or failed in the middle. */
        CUT,
        /** The client left before the end. */
        CLIENT_GONE
    }

    /**
     * Makes a reader.
     *
     * @param contentType the answer's, as the header has it; empty if there is none
     */
    public UsageReader(UsageShape shape, String contentType) {
        this.shape = shape;
        this.body = new BodyReader(BodyForm.of(contentType), new PathFollower(shape.places(), tally));
    }

    /**
     * Reads the next piece.
     *
     * @throws IndexOutOfBoundsException if the range is not within the array
     */
    public void accept(byte[] bytes, int offset, int length) {
        Objects.checkFromIndexSize(offset, length, bytes.length);
        body.read(bytes, offset, offset + length);
    }

    /** Returns how many bytes of text have been read so far, as characters in UTF-8: all that the model has made and that is seen. */
    public long textBytes() {
        return tally.textBytes();
    }

    /**
     * Says what the answer took, as far as it has been read. What the upstream did not tell is estimated.
     *
     * @param ended how the answer ended
     * @param requestBytes how many bytes of text the request has, see {@link RequestText}; negative if that is not known
     * @param ratio how many bytes of text make a token
     */
    public AttemptUsage settle(Ended ended, long requestBytes, TokenRatio ratio) {
        Set<UsageAnomaly> anomalies = tally.anomalies();
        Usage told = NormalForm.of(shape, tally, anomalies);
        return new Settlement(
                        shape, told, ended, tally.isRunning(), tally.isFinished(), tally.textBytes(), body.isBroken())
                .settle(requestBytes, ratio, tally.answer(), anomalies);
    }
}
