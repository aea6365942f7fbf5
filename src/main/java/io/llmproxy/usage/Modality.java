package io.llmproxy.usage;

import java.util.List;

/** Kinds of tokens, as Gemini names them. */
enum Modality {
    TEXT(Count.TEXT_INPUT, Count.TEXT_CACHE_READ, Count.TEXT_OUTPUT),
    IMAGE(Count.IMAGE_INPUT, Count.IMAGE_CACHE_READ, Count.IMAGE_OUTPUT),
    AUDIO(Count.AUDIO_INPUT, Count.AUDIO_CACHE_READ, Count.AUDIO_OUTPUT);

    static final List<Modality> ALL = List.of(values());

    private final Count input;
    private final Count cacheRead;
    private final Count output;

    Modality(Count input, Count cacheRead, Count output) {
        this.input = input;
        this.cacheRead = cacheRead;
        this.output = output;
    }

    /** The part of all input, cached input, or output that is of this kind. */
    Count part(Count whole) {
        return switch (whole) {
            case INPUT -> input;
            case CACHE_READ -> cacheRead;
            case OUTPUT -> output;
            default -> throw new IllegalArgumentException(whole.label() + " has no kinds");
        };
    }
}
