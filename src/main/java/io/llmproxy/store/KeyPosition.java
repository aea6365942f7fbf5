package io.llmproxy.store;

/**
 * How far a node has read the changes of client keys.
 *
 * @param epoch names the tables: those of another database have another one; empty before the first key
 * @param number of the last change; 0 for none
 */
public record KeyPosition(String epoch, long number) {
    /** Before the first change. */
    public static final KeyPosition START = new KeyPosition("", 0);
}
