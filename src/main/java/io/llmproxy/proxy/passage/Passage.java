package io.llmproxy.proxy.passage;

import io.llmproxy.convert.codec.BadAnswerException;
import io.llmproxy.convert.model.Fault;
import io.llmproxy.protocol.ApiPath;
import io.llmproxy.protocol.Endpoint;
import io.llmproxy.proxy.body.RequestBody;
import org.eclipse.jetty.client.Request;
import org.eclipse.jetty.client.Response;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.io.Content;
import org.jspecify.annotations.Nullable;

/** What one attempt changes in the bytes between the client and the upstream that was chosen for it. */
public interface Passage {
    /**
     * Returns path and query of the upstream's request, to be joined to its base.
     *
     * @param query the client's, without a key that is not for the upstream; or null
     */
    Target target(@Nullable String query);

    /** Where a request goes below an upstream's base. */
    record Target(String path, @Nullable String query) {
        /** Returns what stands there. */
        Endpoint endpoint() {
            return ApiPath.of(path).endpoint();
        }
    }

    /** Whether the client's credential is left out even where the upstream is sent none of ours. */
    boolean dropsCredentials();

    /** Changes what was copied of the client's headers. */
    void headers(HttpFields.Mutable fields);

    /** Returns the content of the upstream's request, or null if there is none. */
    Request.@Nullable Content content(RequestBody body);

    /** Returns what the upstream is asked for, by which it is known what its answer looks like. */
    Endpoint endpoint();

    /** Whether all of the answer has to be here before the client is told its status. */
    boolean takesWhole(Response upstreamResponse);

    /**
     * Whether an upstream that is asked once more might answer well, as it refuses what we have put into the request.
     *
     * @param whole the upstream's content, where {@link #takesWhole}
     */
    default boolean isToBlame(Response upstreamResponse, byte[] whole) {
        return false;
    }

    /** Whether the client sees in the answer what only we have asked for. */
    default boolean showsOurs(Response upstreamResponse) {
        return false;
    }

    /**
     * Returns the answer for the client.
     *
     * @param first what was read of the content already, or null
     */
    Answer answer(Response upstreamResponse, Content.Source content, Content.@Nullable Chunk first);

    /**
     * Returns the answer for the client to a stream that says nothing but an error; null if the client reads it from the stream.
     *
     * @param beginning of the stream, with the error
     */
    default @Nullable Answer refusal(Response upstreamResponse, byte[] beginning) {
        return null;
    }

    /**
     * Returns the answer for the client to an error that the upstream has told in place of a whole answer; null if the client is told only
     * that there is no answer.
     */
    default @Nullable Answer refusal(Response upstreamResponse, Fault fault) {
        return null;
    }

    /**
     * Returns the answer for the client, where {@link #takesWhole}.
     *
     * @param whole the upstream's content
     * @throws BadAnswerException if that is no answer of the upstream's API
     */
    Answer answer(Response upstreamResponse, byte[] whole);
}
