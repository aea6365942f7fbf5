package io.llmproxy.protocol;

/** Tells which bytes of an event stream are data. Pieces may be cut anywhere. */
public final class DataLines {
    private static final String FIELD = "data:";
    /** The bytes of a byte order mark, which a stream may begin with. */
    private static final String MARK = "\u00EF\u00BB\u00BF";

    /** How much of the field's name has been read, or -1 if the line has another. */
    private int matched;

    private boolean blank = true;
    private boolean afterCarriageReturn;
    private boolean eventEnded;
    private boolean beginning = true;

    /** Returns whether the next byte is data, or ends it. */
    public boolean isInData() {
        return matched == FIELD.length();
    }

    /** Returns whether an event has ended since this was last asked. */
    public boolean hasEventEnded() {
        boolean ended = eventEnded;
        eventEnded = false;
        return ended;
    }

    /** Returns the index behind the next line's field name, or the end of the range. */
    public int dataStart(byte[] bytes, int from, int to) {
        int at = from;
        while (at < to && !isInData()) {
            take((char) (bytes[at] & 0xff));
            at++;
        }
        return at;
    }

    /** Returns the index of the byte that ends the line, or the end of the range. */
    public int dataEnd(byte[] bytes, int from, int to) {
        int at = from;
        while (at < to && bytes[at] != '\n' && bytes[at] != '\r') {
            at++;
        }
        if (at < to) {
            matched = -1;
        }
        return at;
    }

    private void take(char next) {
        if (next == '\n' || next == '\r') {
            if (next == '\r' || !afterCarriageReturn) {
                eventEnded |= blank;
                blank = true;
            }
            matched = 0;
            beginning = false;
        } else if (!beginning || matched != 0 || MARK.indexOf(next) < 0) {
            beginning = false;
            blank = false;
            matched = matched >= 0 && next == FIELD.charAt(matched) ? matched + 1 : -1;
        }
        afterCarriageReturn = next == '\r';
    }
}
