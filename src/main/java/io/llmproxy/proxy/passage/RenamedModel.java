package io.llmproxy.proxy.passage;

import io.llmproxy.protocol.ModelEdit;
import io.llmproxy.protocol.ModelField;
import io.llmproxy.protocol.ModelPath;
import io.llmproxy.protocol.ModelQuery;
import io.llmproxy.protocol.ModelRewriter;
import io.llmproxy.protocol.ResourceName;
import io.llmproxy.proxy.exchange.AskedModel;
import io.llmproxy.proxy.request.RequestPath;
import io.llmproxy.upstream.Upstream;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Locale;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.jspecify.annotations.Nullable;

/**
 * A model that an upstream knows by another name than the client: the one is put in the place of the other on the way
 * there, and back again in the answer.
 *
 * @param asked what the client asks for
 * @param upstreamName what the upstream calls it
 */
record RenamedModel(AskedModel asked, String upstreamName) {
    private static final String DOCUMENT = "application/json";

    /** Returns how a model is asked for at an upstream; null if that calls it as the client does, or if none is asked for. */
    static @Nullable RenamedModel of(@Nullable AskedModel asked, Upstream upstream) {
        String name = asked == null ? null : upstream.config().models().upstreamName(asked.name());
        return asked == null || name == null || name.equals(asked.requested()) ? null : new RenamedModel(asked, name);
    }

    /** Returns the path of the upstream request. */
    String path(RequestPath path) {
        return asked.inPath() ? ModelPath.withModel(path.meant(), upstreamName) : path.written();
    }

    /** Returns the query of the upstream request, or null. */
    @Nullable String query(@Nullable String query) {
        return asked.inQuery() ? ModelQuery.withModel(query, upstreamName) : query;
    }

    /** Returns the body of the upstream request; every other byte stays as it is. */
    List<ByteBuffer> body(List<ByteBuffer> body) {
        List<ModelField> fields = asked.fields();
        return fields.isEmpty()
                ? body
                : ModelEdit.of(body, fields, this::renamed).segments();
    }

    /** Whether the body changes, so that it can only go as it was before it was compressed. */
    boolean changesBody() {
        return !asked.fields().isEmpty();
    }

    private String renamed(String name) {
        return asked.inPath() || asked.inResource() ? ResourceName.like(name, upstreamName) : upstreamName;
    }

    /** Returns what puts the client's name back, or null if the answer is of a kind that names no model. */
    @Nullable ModelRewriter rewriter(HttpFields answer) {
        if (answer.contains(HttpHeader.CONTENT_ENCODING)) {
            return null;
        }
        if (EventStreams.isEventStream(answer)) {
            return ModelRewriter.ofEvents(asked.shown());
        }
        String type = answer.get(HttpHeader.CONTENT_TYPE);
        String lower = type == null ? "" : type.toLowerCase(Locale.ROOT);
        if (lower.equals(DOCUMENT) || lower.startsWith(DOCUMENT + ";")) {
            return ModelRewriter.ofDocument(asked.shown());
        }
        // Any other kind of JSON may be a sequence of documents, as application/x-ndjson is.
        return lower.contains("json") ? ModelRewriter.ofDocuments(asked.shown()) : null;
    }
}
