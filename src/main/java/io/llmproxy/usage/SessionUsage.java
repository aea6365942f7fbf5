package io.llmproxy.usage;

import io.llmproxy.protocol.UsageShape;
import java.nio.ByteBuffer;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads what the answers of a session took from the messages that pass by: each that tells counts adds them to those before. Not
 * safe for use by several threads at once.
 */
public final class SessionUsage {
    private static final String DOCUMENT = "application/json";

    private final UsageShape shape;
    private final Set<UsageAnomaly> anomalies = EnumSet.noneOf(UsageAnomaly.class);
    private final Usage.Builder sum = new Usage.Builder();
    private Usage known = Usage.UNKNOWN;
    private AttemptUsage.Answer last = AttemptUsage.Answer.UNKNOWN;
    private @Nullable UsageReader message;
    private long text;
    /** How much of the text is of answers that have told their counts. */
    private long textTold;

    /** @param shape how the messages tell it */
    public SessionUsage(UsageShape shape) {
        this.shape = shape;
    }

    /**
     * Reads the next piece of a message.
     *
     * @param piece is looked at only
     * @param last whether the message ends with it
     * @return what the answer took whose counts the message tells; null if it has not ended, or tells none
     */
    public @Nullable AttemptUsage accept(ByteBuffer piece, boolean last) {
        UsageReader reader = message;
        if (reader == null) {
            reader = new UsageReader(shape, DOCUMENT);
            message = reader;
        }
        if (piece.hasArray()) {
            reader.accept(piece.array(), piece.arrayOffset() + piece.position(), piece.remaining());
        } else {
            byte[] bytes = new byte[piece.remaining()];
            piece.duplicate().get(bytes);
            reader.accept(bytes, 0, bytes.length);
        }
        if (!last) {
            return null;
        }
        message = null;
        return end(reader);
    }

    private @Nullable AttemptUsage end(UsageReader reader) {
        text += reader.textBytes();
        Usage told = reader.told(anomalies);
        if (!told.knows(Count.INPUT) && !told.knows(Count.OUTPUT)) {
            return null;
        }
        Usage before = known;
        told.forEach((count, value) -> sum.set(count, before.get(count, 0) + value));
        known = sum.build();
        last = reader.answer();
        long ofAnswer = text - textTold;
        textTold = text;
        UsageSource source = UsageSource.REPORTED;
        return new AttemptUsage(told, source, source, source, null, ofAnswer, last, anomalies, null);
    }

    /** How many bytes of text have been read so far, as characters in UTF-8. */
    public long textBytes() {
        return text;
    }

    /** Returns what all answers have told so far together. */
    public Usage told() {
        return known;
    }

    /**
     * Returns what the answer took that has told no counts by now; null if there is none. Its input is not known.
     *
     * @param ratio how many bytes of text make a token
     */
    public @Nullable AttemptUsage untold(TokenRatio ratio) {
        long bytes = text - textTold;
        if (bytes == 0) {
            return null;
        }
        Usage output =
                new Usage.Builder().set(Count.OUTPUT, ratio.outputTokens(bytes)).build();
        return new AttemptUsage(
                output,
                UsageSource.ESTIMATED,
                UsageSource.NONE,
                UsageSource.ESTIMATED,
                UsageMissing.NOT_OFFERED,
                bytes,
                last,
                Set.of(),
                ratio.estimate());
    }

    /**
     * Returns what all answers took together; of one that has told no counts, what its text makes.
     *
     * @param ratio how many bytes of text make a token
     */
    public AttemptUsage total(TokenRatio ratio) {
        AttemptUsage rest = untold(ratio);
        UsageSource input = known.isUnknown() ? UsageSource.NONE : UsageSource.REPORTED;
        if (rest == null) {
            UsageMissing missing = known.isUnknown() ? UsageMissing.NOT_OFFERED : null;
            return new AttemptUsage(known, input, input, input, missing, text, last, anomalies, null);
        }
        Usage both = known.toBuilder()
                .set(Count.OUTPUT, known.get(Count.OUTPUT, 0) + rest.usage().get(Count.OUTPUT, 0))
                .build();
        UsageSource source = known.isUnknown() ? UsageSource.ESTIMATED : UsageSource.PARTIAL;
        return new AttemptUsage(both, source, input, source, rest.missing(), text, last, anomalies, rest.estimate());
    }
}
