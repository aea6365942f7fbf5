package io.llmproxy.protocol;

import java.nio.ByteBuffer;
import java.util.List;

/**
 * What the body of a request says of the requests that it belongs together with: hashes, 0 where it says nothing.
 *
 * @param cacheKey of {@code prompt_cache_key}
 * @param user of {@code user}, {@code safety_identifier} or Anthropic's {@code metadata.user_id}
 * @param prefix of the instructions and the first messages, up to and with the first one of a user: all turns of a conversation
 *     have these in common
 */
public record PromptKeys(long cacheKey, long user, long prefix) {
    /** Nothing is known. */
    public static final PromptKeys NONE = new PromptKeys(0, 0, 0);

    /**
     * Reads a body, or the first MiB of it. No tree is built.
     *
     * @param endpoint what the request is for: only the beginnings of prompts meet caches, not those of texts to embed
     * @param body the pieces of the body, whose positions stay as they are
     * @return {@link #NONE} if it is not JSON
     */
    public static PromptKeys of(Endpoint endpoint, List<ByteBuffer> body) {
        boolean prompted = endpoint.operation() == Operation.CHAT || endpoint.streamApi() != null;
        return new PromptKeyReader(prompted).read(body);
    }
}
