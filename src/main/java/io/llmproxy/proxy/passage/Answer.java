package io.llmproxy.proxy.passage;

import org.eclipse.jetty.client.Response;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.io.content.ByteBufferContentSource;
import org.jspecify.annotations.Nullable;

/**
 * An upstream's answer as the client is to get it.
 *
 * @param status its status
 * @param headers its headers, those too that belong to the upstream's connection
 * @param changed whether the content is not the upstream's, byte for byte, so that the length in the headers is not its own
 * @param length of a content that was changed; -1 if it is not known yet
 * @param content its content
 * @param first what was read of the content already, or null
 * @param conversion what the client is told of the conversion; null if there was none, or nothing is to be told
 * @param upstreamId the upstream's name for an answer that was converted; null if it has none, or was not
 * @param estimate how the number was found that it holds instead of the upstream's; null if it holds none
 */
public record Answer(
        int status,
        HttpFields headers,
        boolean changed,
        long length,
        Content.Source content,
        Content.@Nullable Chunk first,
        @Nullable String conversion,
        @Nullable String upstreamId,
        @Nullable String estimate) {

    /** The answer as the upstream sends it. */
    static Answer asItIs(Response upstreamResponse, Content.Source content, Content.@Nullable Chunk first) {
        return new Answer(
                upstreamResponse.getStatus(),
                upstreamResponse.getHeaders(),
                false,
                -1,
                content,
                first,
                null,
                null,
                null);
    }

    /** A head that no content follows. */
    public static Answer withoutContent(int status, HttpFields headers) {
        return new Answer(status, headers, false, -1, new ByteBufferContentSource(), null, null, null, null);
    }

    /** An answer with the upstream's head and another content. */
    static Answer changed(Response upstreamResponse, long length, Content.Source content) {
        return new Answer(
                upstreamResponse.getStatus(),
                upstreamResponse.getHeaders(),
                true,
                length,
                content,
                null,
                null,
                null,
                null);
    }
}
