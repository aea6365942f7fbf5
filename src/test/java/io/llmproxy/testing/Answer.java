package io.llmproxy.testing;

import java.nio.charset.StandardCharsets;

/** An answer as a client got it. */
public final class Answer {
    private final Head head;
    private final byte[] body;
    private final boolean whole;

    Answer(Head head, byte[] body, boolean whole) {
        this.head = head;
        this.body = body;
        this.whole = whole;
    }

    /** Its status line and headers. */
    public Head head() {
        return head;
    }

    /** Its body without framing. */
    public byte[] body() {
        return body.clone();
    }

    /** Whether the body ended as HTTP says it should, or was cut. */
    public boolean whole() {
        return whole;
    }

    /** Its status. */
    public int status() {
        return head.status();
    }

    /** Its body as text. */
    public String text() {
        return new String(body, StandardCharsets.UTF_8);
    }

    /** A header, or nothing where there is none. */
    public String header(String name) {
        return String.join(", ", head.values(name));
    }

    @Override
    public String toString() {
        return head.startLine() + " " + head.fields() + " " + text() + (whole ? "" : " [cut]");
    }
}
