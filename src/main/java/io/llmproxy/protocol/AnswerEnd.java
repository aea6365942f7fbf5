package io.llmproxy.protocol;

/** Watches an answer that comes in several parts pass by for the sign that it is complete. Not safe for use by several threads at once. */
public sealed interface AnswerEnd permits StreamEnd, JsonLinesEnd {
    /** Takes note of the next piece, which may be cut anywhere. */
    void scan(byte[] bytes, int offset, int count);

    /** Whether the answer is complete if nothing more comes, or says itself that it has failed. */
    boolean seen();

    /** Whether the answer says itself that it has failed, before it said that it is complete. */
    boolean failed();
}
