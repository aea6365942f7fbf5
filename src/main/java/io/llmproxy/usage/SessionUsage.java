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

    /** @param shape how the messages tell it */
    public SessionUsage(UsageShape shape) {
        this.shape = shape;
    }

    /**
     * Reads the next piece of a message.
     *
     * @param piece is looked at only
     * @param last whether the message ends with it
     * @return whether it has told counts
     */
    public boolean accept(ByteBuffer piece, boolean last) {
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
            return false;
        }
        message = null;
        return end(reader);
    }

    private boolean end(UsageReader reader) {
        text += reader.textBytes();
        Usage told = reader.told(anomalies);
        boolean tells = told.knows(Count.INPUT) || told.knows(Count.OUTPUT);
        if (tells) {
            Usage before = known;
            told.forEach((count, value) -> sum.set(count, before.get(count, 0) + value));
            known = sum.build();
            last = reader.answer();
        }
        return tells;
    }

    /** How many bytes of text have been read so far, as characters in UTF-8. */
    public long textBytes() {
        return text;
    }

    /** Returns what all answers took together. */
    public AttemptUsage total() {
        UsageSource source = known.isUnknown() ? UsageSource.NONE : UsageSource.REPORTED;
        UsageMissing missing = known.isUnknown() ? UsageMissing.NOT_OFFERED : null;
        return new AttemptUsage(known, source, source, source, missing, text, last, anomalies, null);
    }
}
