package io.llmproxy.usage;

import io.llmproxy.protocol.UsageShape;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

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
    /** Decompresses a copy of the answer; null if it is not compressed, or in a way that is not read. */
    private final @Nullable Inflation inflation;

    private final boolean compressed;

    /** How an answer ended. */
    public enum Ended {
        /** It is whole. */
        COMPLETE,
        /** It broke off, or failed in the middle. */
        CUT,
        /** The client left before the end. */
        CLIENT_GONE,
        /** Another answer to the same request was taken. */
        HEDGE_LOST
    }

    /**
     * Makes a reader.
     *
     * @param contentType the answer's, as the header has it; empty if there is none
     */
    public UsageReader(UsageShape shape, String contentType) {
        this(shape, contentType, "");
    }

    /**
     * Makes a reader of an answer that may be compressed.
     *
     * @param contentType the answer's, as the header has it; empty if there is none
     * @param contentEncoding the answer's, as the header has it; empty if there is none. Of gzip and deflate a copy is decompressed; what
     *     is compressed in another way is not read
     */
    public UsageReader(UsageShape shape, String contentType, String contentEncoding) {
        this.shape = shape;
        this.body = new BodyReader(BodyForm.of(contentType), new PathFollower(AnswerPlaces.of(shape), tally));
        String coding = contentEncoding.strip().toLowerCase(Locale.ROOT);
        this.inflation = switch (coding) {
            case "gzip", "x-gzip" -> Inflation.ofGzip(body);
            case "deflate" -> Inflation.ofDeflate(body);
            default -> null;
        };
        this.compressed = inflation == null && !coding.isEmpty() && !coding.equals("identity");
    }

    /**
     * Reads the next piece.
     *
     * @throws IndexOutOfBoundsException if the range is not within the array
     */
    public void accept(byte[] bytes, int offset, int length) {
        Objects.checkFromIndexSize(offset, length, bytes.length);
        if (inflation != null) {
            inflation.read(bytes, offset, offset + length);
        } else if (!compressed) {
            body.read(bytes, offset, offset + length);
        }
    }

    /** Returns how many bytes of text have been read so far, as characters in UTF-8: all that the model has made and that is seen. */
    public long textBytes() {
        return tally.textBytes();
    }

    /** Returns how many bytes of that text were made to come to the answer. */
    public long reasoningBytes() {
        return tally.reasoningBytes();
    }

    /** Whether what is still to come of the answer may say more of what it took. */
    public boolean mayLearnMore() {
        if (compressed || body.isBroken() || (inflation != null && inflation.isBroken())) {
            return false;
        }
        return !tally.isFinished() || !told(EnumSet.noneOf(UsageAnomaly.class)).knows(Count.OUTPUT);
    }

    /**
     * Says what the answer took, as far as it has been read. What the upstream did not tell is estimated. Nothing is read from then on.
     *
     * @param ended how the answer ended
     * @param requestBytes how many bytes of text the request has, see {@link RequestText}; negative if that is not known
     * @param ratio how many bytes of text make a token
     */
    public AttemptUsage settle(Ended ended, long requestBytes, TokenRatio ratio) {
        Set<UsageAnomaly> anomalies = tally.anomalies();
        Usage told = NormalForm.of(shape, tally, anomalies);
        return new Settlement(shape, told, ended, tally.isRunning(), tally.isFinished(), tally.textBytes(), illegible())
                .settle(requestBytes, ratio, tally.answer(), anomalies);
    }

    /** What has been told so far, without a judgement of how far it is to be trusted. */
    Usage told(Set<UsageAnomaly> anomalies) {
        anomalies.addAll(tally.anomalies());
        return NormalForm.of(shape, tally, anomalies);
    }

    AttemptUsage.Answer answer() {
        return tally.answer();
    }

    /** Why the answer could not be read; null if it could. */
    private @Nullable UsageMissing illegible() {
        boolean broken = body.isBroken();
        if (inflation != null) {
            broken |= inflation.isBroken();
            inflation.end();
        }
        if (compressed) {
            return UsageMissing.COMPRESSED;
        }
        return broken ? UsageMissing.UNREADABLE : null;
    }
}
