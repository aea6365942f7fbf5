package io.llmproxy.usage;

import java.util.Locale;

/** How a body holds its documents. */
enum BodyForm {
    /** One document, an array of documents, or several one after the other. */
    DOCUMENTS,
    /** A document in each line. */
    LINES,
    /** A stream of events, each with a document. */
    EVENTS;

    /** @param contentType as the header has it; empty if there is none */
    static BodyForm of(String contentType) {
        String type = contentType.toLowerCase(Locale.ROOT);
        if (type.startsWith("text/event-stream")) {
            return EVENTS;
        }
        return type.contains("ndjson") || type.contains("jsonl") ? LINES : DOCUMENTS;
    }
}
