package io.llmproxy.convert.model;

import org.jspecify.annotations.Nullable;

/** Where an image, a document or a sound comes from. */
public sealed interface Source {
    /**
     * It is part of the request.
     *
     * @param mediaType such as {@code image/png}
     * @param base64 its bytes, as they were written
     */
    record Inline(String mediaType, String base64) implements Source {}

    /** The upstream fetches it. */
    record Url(String url, @Nullable String mediaType) implements Source {}

    /** It was uploaded to a provider before; no other provider has it. */
    record FileId(String id) implements Source {}

    /** A document that is text. */
    record PlainText(String text) implements Source {}
}
