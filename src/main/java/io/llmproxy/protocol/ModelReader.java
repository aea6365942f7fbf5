package io.llmproxy.protocol;

import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads in a request's body which model is asked for, and whether as a stream. It checks the whole body and builds
 * nothing of it: what two parsers could read in two ways is a problem, so that the model that was checked is the model
 * that is served. Takes one body, in pieces that may be cut anywhere. Not safe for use by several threads at once.
 */
public sealed interface ModelReader permits JsonModelReader, MultipartModelReader {
    /** The type of forms in several parts. */
    String FORM = "multipart/form-data";

    /**
     * Returns a reader for a type of content: one of forms for {@code multipart/form-data}, and for all else one of
     * JSON, as many clients call their JSON something else.
     *
     * @param contentType the request's header, or null if it has none
     */
    static ModelReader of(@Nullable String contentType) {
        return of(contentType, ModelPlace.OUTERMOST);
    }

    /**
     * Returns a reader like {@link #of(String)}, for a request whose path names the model: it also reads which models the parts
     * of the body name, as those of Google's may.
     *
     * @param contentType the request's header, or null if it has none
     */
    static ModelReader besidesPath(@Nullable String contentType) {
        return of(contentType, ModelPlace.GOOGLE);
    }

    private static ModelReader of(@Nullable String contentType, ModelPlace outermost) {
        if (contentType == null || !contentType.strip().regionMatches(true, 0, FORM, 0, FORM.length())) {
            return new JsonModelReader(outermost);
        }
        HeaderValue value = HeaderValue.parse(contentType);
        return new MultipartModelReader(value == null ? null : value.parameter("boundary"));
    }

    /**
     * Reads a whole body, with a reader of its own.
     *
     * @param body the pieces of the body, whose positions stay as they are
     */
    default RequestFacts read(List<ByteBuffer> body) {
        for (ByteBuffer segment : body) {
            if (segment.hasArray()) {
                accept(segment.array(), segment.arrayOffset() + segment.position(), segment.remaining());
            } else {
                byte[] copy = new byte[segment.remaining()];
                segment.duplicate().get(copy);
                accept(copy, 0, copy.length);
            }
        }
        return finish();
    }

    /**
     * Reads the next piece.
     *
     * @throws IndexOutOfBoundsException if the range is not within the array
     */
    void accept(byte[] bytes, int offset, int length);

    /** Returns what was read, as there are no more pieces. */
    RequestFacts finish();
}
