package io.llmproxy.proxy.forward;

import io.llmproxy.auth.ClientKey;
import io.llmproxy.protocol.ContentCoding;
import io.llmproxy.protocol.Endpoint;
import io.llmproxy.protocol.GoogleResource;
import io.llmproxy.protocol.ModelField;
import io.llmproxy.protocol.ModelPath;
import io.llmproxy.protocol.ModelQuery;
import io.llmproxy.protocol.ModelReader;
import io.llmproxy.protocol.RequestFacts;
import io.llmproxy.protocol.ResourceName;
import io.llmproxy.proxy.body.DecodedBody;
import io.llmproxy.proxy.body.RequestBody;
import io.llmproxy.proxy.error.ProxyError;
import io.llmproxy.proxy.error.Refusal;
import io.llmproxy.proxy.exchange.AskedModel;
import io.llmproxy.proxy.exchange.Exchange;
import io.llmproxy.quota.LimitPath;
import io.llmproxy.upstream.UpstreamGroup;
import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Finds out which model a request asks for, where that decides what becomes of it. It is not asked where it does not
 * matter: then no body is looked into.
 */
final class ModelQuestion {
    private static final Set<String> WITHOUT_BODY = Set.of("GET", "HEAD", "DELETE", "OPTIONS", "TRACE");

    private static final Answer TOO_LARGE =
            Answer.refused(ProxyError.BODY_TOO_LARGE, "The request body is too large to read the model from it.");
    private static final Answer UNKNOWN_CODING = Answer.refused(
            ProxyError.INVALID_REQUEST,
            "The model cannot be read from a request body with this Content-Encoding"
                    + " (expected: gzip, deflate, zstd or no Content-Encoding).");

    private static final Answer LIMITED_BY_MODEL = Answer.refused(
            ProxyError.MODEL_NOT_ALLOWED,
            "This API key, or a limit of it, is for some models only, and the handshake does not say which model the session uses.");

    private final Exchange exchange;
    private final RequestBody body;
    private final boolean confined;

    private ModelQuestion(Exchange exchange, RequestBody body, boolean confined) {
        this.exchange = exchange;
        this.body = body;
        this.confined = confined;
    }

    /** A model was found, or there is none to be found, or the request cannot be served. */
    record Answer(@Nullable AskedModel model, @Nullable Refusal refusal) {
        private static final Answer NO_MODEL = new Answer(null, null);

        static Answer refused(ProxyError error, String message) {
            return new Answer(null, Refusal.of(error, message));
        }
    }

    /**
     * Finds out which model a request asks for.
     *
     * @param body the request's body, collected
     */
    static Answer ask(Exchange exchange, RequestBody body) {
        ClientKey key = exchange.clientKey();
        LimitPath path = exchange.limitPath();
        boolean confined = isConfined(exchange);
        UpstreamGroup group = exchange.group();
        boolean matters = confined
                || (path != null && path.distinguishesModels())
                || exchange.forward().config().modelPrefix() != null
                || group == null
                || group.distinguishesModels();
        if (!matters) {
            return Answer.NO_MODEL;
        }
        Answer answer = new ModelQuestion(exchange, body, confined).find();
        AskedModel model = answer.model;
        if (model == null || (model.isAllowed(key) && model.isAllowed(path))) {
            return answer;
        }
        return Answer.refused(ProxyError.MODEL_NOT_ALLOWED, notAllowed(model.requested()));
    }

    /** Whether the client may use certain models only. */
    static boolean isConfined(Exchange exchange) {
        ClientKey key = exchange.clientKey();
        LimitPath path = exchange.limitPath();
        return (key != null && key.isConfined()) || (path != null && path.isConfined());
    }

    /** What is told of a model that the client may not use. */
    static String notAllowed(String model) {
        return "This API key may not use the model '" + model + "'.";
    }

    private Answer find() {
        if (exchange.webSocket() != null) {
            return inQuery();
        }
        String path = exchange.path();
        String inPath = ModelPath.model(path);
        boolean mayHaveBody = !WITHOUT_BODY.contains(exchange.method());
        if (inPath != null) {
            return mayHaveBody ? besidesPath(inPath) : inPath(inPath, List.of());
        }
        if (!mayHaveBody) {
            return Answer.NO_MODEL;
        }
        Endpoint endpoint = exchange.endpoint();
        return switch (ModelPath.place(path, endpoint)) {
            case BODY -> inBody(true, true);
            case BODY_OPTIONAL -> inBody(false, endpoint.isKnown());
            case RESOURCE -> inResource(GoogleResource.of(endpoint));
            case PATH, NONE -> Answer.NO_MODEL;
            case ELSEWHERE -> nowhere(false);
        };
    }

    /**
     * A session of Realtime has the one model that its query names. Others name theirs in their messages, whatever the query
     * says: if it is known where, {@link MessageModels} holds a client to its models. One that is limited for some models
     * could name others there, and would choose what it costs.
     */
    private Answer inQuery() {
        List<String> names = ModelQuery.models(exchange.clientRequest().getQueryString());
        if (names.size() > 1) {
            return Answer.refused(ProxyError.INVALID_REQUEST, "The query of the request names several models.");
        }
        if (!names.isEmpty() && exchange.endpoint() == Endpoint.REALTIME) {
            return new Answer(AskedModel.inQuery(names.get(0), prefix()), null);
        }
        LimitPath path = exchange.limitPath();
        if (path != null && path.limitsModels()) {
            return LIMITED_BY_MODEL;
        }
        if (!confined || (names.isEmpty() && exchange.endpoint().hasModelsInMessages())) {
            return Answer.NO_MODEL;
        }
        return LIMITED_BY_MODEL;
    }

    private Answer inPath(String name, List<ModelField> fields) {
        return new Answer(AskedModel.inPath(name, prefix(), fields), null);
    }

    private Answer besidesPath(String inPath) {
        Answer alone = inPath(inPath, List.of());
        ModelReader reader = ModelReader.besidesPath(contentType());
        return body.isEmpty() ? alone : read(reader, false, alone, facts -> agreed(inPath, facts.models()));
    }

    /** An upstream may go by the body, whatever the path says: a client that is let in for some models may not say both. */
    private Answer agreed(String inPath, List<ModelField> fields) {
        List<ModelField> same = fields.stream()
                .filter(field -> ResourceName.isOf(field.name(), inPath))
                .toList();
        return confined && same.size() < fields.size()
                ? Answer.refused(
                        ProxyError.MODEL_NOT_ALLOWED, "The path and the body of the request name different models.")
                : inPath(inPath, same);
    }

    private Answer inResource(GoogleResource resource) {
        boolean required = resource.isRequired();
        return body.isEmpty()
                ? nowhere(required)
                : read(resource.reader(), true, Answer.NO_MODEL, facts -> {
                    ModelField field = facts.model();
                    return field == null ? nowhere(required) : new Answer(AskedModel.inResource(field, prefix()), null);
                });
    }

    /**
     * @param required whether the body has to name a model
     * @param readable whether it has to be one in which a model could be found
     */
    private Answer inBody(boolean required, boolean readable) {
        ModelReader reader = ModelReader.of(contentType());
        return body.isEmpty()
                ? nowhere(required)
                : read(reader, readable, Answer.NO_MODEL, facts -> {
                    ModelField field = facts.model();
                    return field == null ? nowhere(required) : new Answer(AskedModel.inBody(field, prefix()), null);
                });
    }

    /**
     * Reads the body. One without a known model in it may be anything, but not for a client that is let in for
     * some models only.
     *
     * @param readable whether it has to be readable: at a path that is known to have models in its bodies, one that cannot be
     *     read could go to any upstream
     * @param otherwise the answer if it cannot be read, and need not be
     */
    private Answer read(
            ModelReader reader, boolean readable, Answer otherwise, Function<RequestFacts.Read, Answer> answer) {
        boolean strict = readable || confined;
        if (!body.isWhole()) {
            return strict ? TOO_LARGE : otherwise;
        }
        List<ByteBuffer> pieces = body.collected();
        String header =
                String.join(",", Collections.list(exchange.clientRequest().getHeaders("Content-Encoding")));
        if (!header.isBlank() && !header.strip().equalsIgnoreCase("identity")) {
            ContentCoding coding = ContentCoding.of(header);
            if (coding == null) {
                return strict ? UNKNOWN_CODING : otherwise;
            }
            DecodedBody decoded = body.decode(coding);
            if (decoded.refusal() != null) {
                return strict ? new Answer(null, decoded.refusal()) : otherwise;
            }
            pieces = decoded.pieces();
        }
        RequestFacts facts = reader.read(pieces);
        if (facts instanceof RequestFacts.Unreadable problem) {
            return strict ? Answer.refused(ProxyError.INVALID_REQUEST, problem.message()) : otherwise;
        }
        return answer.apply((RequestFacts.Read) facts);
    }

    private @Nullable String contentType() {
        return exchange.clientRequest().getContentType();
    }

    private @Nullable String prefix() {
        return exchange.forward().config().modelPrefix();
    }

    private Answer nowhere(boolean required) {
        if (confined) {
            return Answer.refused(
                    ProxyError.MODEL_NOT_ALLOWED,
                    "This API key is restricted to certain models; the request must name one.");
        }
        return required ? Answer.refused(ProxyError.INVALID_REQUEST, "The request names no model.") : Answer.NO_MODEL;
    }
}
