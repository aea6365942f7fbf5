package io.llmproxy.protocol;

import java.util.List;

/** The members of an event that may say something of the end of its stream. */
enum EndMember {
    /** The list of choices. */
    CHOICES,
    /** Which choice it is. */
    INDEX,
    /** Why a choice has ended. */
    FINISH,
    /** Why there is no answer at all. */
    BLOCK,
    /** What the event is. */
    TYPE,
    /** What the event is, where it has no type. */
    OBJECT,
    /** An error. */
    ERROR,
    /** What servers write that know no errors of the API. */
    COMPLAINT,
    /** Whether it is the last event. */
    STOP,
    /** None of them. */
    OTHER;

    private static final List<Name> COMMON =
            List.of(new Name("error", ERROR), new Name("message", COMPLAINT), new Name("detail", COMPLAINT));
    private static final List<Name> CHAT = List.of(
            new Name("choices", CHOICES),
            new Name("index", INDEX),
            new Name("finish_reason", FINISH),
            new Name("object", OBJECT),
            new Name("stop", STOP),
            new Name("done", STOP));
    private static final List<Name> GEMINI = List.of(
            new Name("candidates", CHOICES),
            new Name("index", INDEX),
            new Name("finishReason", FINISH),
            new Name("blockReason", BLOCK));
    private static final List<Name> TYPED = List.of(new Name("type", TYPE));
    private static final List<Name> COHERE =
            List.of(new Name("type", TYPE), new Name("is_finished", STOP), new Name("finish_reason", FINISH));

    private record Name(String text, EndMember member) {}

    /** Returns the member whose name a scanner has just read. */
    static EndMember of(StreamApi api, JsonScanner json) {
        EndMember own = find(
                json,
                switch (api) {
                    case CHAT, COMPLETIONS, LINES -> CHAT;
                    case GEMINI -> GEMINI;
                    case MESSAGES, RESPONSES -> TYPED;
                    case COHERE -> COHERE;
                });
        return own == OTHER ? find(json, COMMON) : own;
    }

    private static EndMember find(JsonScanner json, List<Name> names) {
        for (int index = 0; index < names.size(); index++) {
            if (json.isNamed(names.get(index).text)) {
                return names.get(index).member;
            }
        }
        return OTHER;
    }
}
