package io.llmproxy.protocol;

import java.util.BitSet;

/** How far the answer of a stream has come, by what its events have said. Not safe for use by several threads at once. */
final class AnswerProgress {
    /** Choices with a higher index share the last place: more than any server gives. */
    static final int MOST_CHOICES = 64 * 1024;

    private final int asked;
    /** The choices that were seen; that there is a first one goes without saying. */
    private final BitSet seen;

    /** Those of them that have ended. */
    private final BitSet finished;

    private boolean recognized;
    private boolean over;
    private boolean failed;

    /**
     * Makes one for an answer that has not begun.
     *
     * @param asked how many choices the request asks for
     * @param recognized whether the answer is surely one of the API that is expected
     */
    AnswerProgress(int asked, boolean recognized) {
        this.asked = Math.min(asked, MOST_CHOICES);
        this.recognized = recognized;
        this.seen = new BitSet();
        this.finished = new BitSet();
        seen.set(0);
    }

    private AnswerProgress(AnswerProgress other) {
        asked = other.asked;
        recognized = other.recognized;
        over = other.over;
        failed = other.failed;
        seen = (BitSet) other.seen.clone();
        finished = (BitSet) other.finished.clone();
    }

    AnswerProgress copy() {
        return new AnswerProgress(this);
    }

    /** Something has come that only the API that is expected would say. */
    void recognize() {
        recognized = true;
    }

    /** Whether the answer is surely one of the API that is expected: of others it is not known how they end. */
    boolean isRecognized() {
        return recognized;
    }

    /** A part of a choice has come. */
    void choice(int index, boolean last) {
        seen.set(index);
        if (last) {
            finished.set(index);
        }
    }

    /** The last word was said, whatever the choices. */
    void end() {
        over = true;
    }

    boolean isOver() {
        return over;
    }

    void fail() {
        failed = true;
    }

    boolean isFailed() {
        return failed;
    }

    /** Whether the answer is complete. */
    boolean isComplete() {
        return over || finished.cardinality() >= Math.max(asked, seen.cardinality());
    }
}
