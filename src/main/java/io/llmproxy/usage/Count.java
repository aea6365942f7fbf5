package io.llmproxy.usage;

import java.util.List;

/** What is counted of an answer. Parts are contained in their whole: what was read from the cache is input, too. */
public enum Count {
    /** All input, what was read from the cache and written to it included. */
    INPUT("input_tokens"),
    /** The part of the input that was read from the cache. */
    CACHE_READ("cache_read.input_tokens"),
    /** The part of the input that was written to the cache, for however long. */
    CACHE_WRITE("cache_write.input_tokens"),
    /** The part of what was written to the cache that is kept for an hour. */
    CACHE_WRITE_1H("cache_write_1h.input_tokens"),
    /** The part of the input that the provider's own tools put into the prompt. */
    TOOL_PROMPT("tool_prompt.input_tokens"),
    /** The part of the input that is text. */
    TEXT_INPUT("text.input_tokens"),
    /** The part of the input that is images. */
    IMAGE_INPUT("image.input_tokens"),
    /** The part of the input that is sound. */
    AUDIO_INPUT("audio.input_tokens"),
    /** The part of what was read from the cache that is text. */
    TEXT_CACHE_READ("text.cache_read.input_tokens"),
    /** The part of what was read from the cache that is images. */
    IMAGE_CACHE_READ("image.cache_read.input_tokens"),
    /** The part of what was read from the cache that is sound. */
    AUDIO_CACHE_READ("audio.cache_read.input_tokens"),
    /** All output, reasoning included. */
    OUTPUT("output_tokens"),
    /** The part of the output that is reasoning. */
    REASONING("reasoning.output_tokens"),
    /** The part of the output that is text. */
    TEXT_OUTPUT("text.output_tokens"),
    /** The part of the output that is images. */
    IMAGE_OUTPUT("image.output_tokens"),
    /** The part of the output that is sound. */
    AUDIO_OUTPUT("audio.output_tokens"),
    /** The part of the output that was predicted by the client, and was wrong: it is billed all the same. */
    REJECTED_PREDICTION("rejected_prediction.output_tokens"),
    /** Searches of the web by the provider's own tool. */
    WEB_SEARCHES("web_search.requests"),
    /** Pages that the provider's own tool has fetched. */
    WEB_FETCHES("web_fetch.requests"),
    /** Images that were made, where their tokens are not told. */
    IMAGES("images"),
    /** Seconds of sound, rounded to whole ones. */
    SECONDS("seconds"),
    /** Characters of text that was spoken. */
    CHARACTERS("characters"),
    /** The sum of all tokens, as the upstream told it: to be compared, not to be billed. */
    REPORTED_TOTAL("reported_total");

    static final List<Count> ALL = List.of(values());

    private final String label;

    Count(String label) {
        this.label = label;
    }

    /** Its place among all counts, in this process only: records have its name. */
    @SuppressWarnings("EnumOrdinal")
    int index() {
        return ordinal();
    }

    /** Its name in records; that of OpenTelemetry's {@code gen_ai.usage.} where it has one. */
    public String label() {
        return label;
    }
}
