package io.llmproxy.proxy;

import io.llmproxy.auth.ClientKey;
import io.llmproxy.protocol.ModelField;
import io.llmproxy.protocol.ModelPath;
import io.llmproxy.protocol.ModelReader;
import io.llmproxy.protocol.RequestFacts;
import io.llmproxy.upstream.UpstreamGroup;
import jakarta.servlet.http.HttpServletRequest;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Finds out which model a request asks for, where that decides what becomes of it. It is not asked where it does not
 * matter: then no body is looked into.
 */
final class ModelQuestion {
    private static final Set<String> WITHOUT_BODY = Set.of("GET", "HEAD", "DELETE", "OPTIONS", "TRACE");

    /** How Google's clients begin the name in a body, whose path has it without. */
    private static final String GOOGLE = "models/";

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
        boolean confined = key != null && !key.config().allowedModels().isEmpty();
        UpstreamGroup group = exchange.group();
        boolean matters = confined
                || exchange.forward().config().modelPrefix() != null
                || group == null
                || group.distinguishesModels();
        if (!matters) {
            return Answer.NO_MODEL;
        }
        Answer answer = new ModelQuestion(exchange, body, confined).find();
        AskedModel model = answer.model;
        if (model == null || model.isAllowed(key)) {
            return answer;
        }
        return Answer.refused(
                ProxyError.MODEL_NOT_ALLOWED, "This API key may not use the model '" + model.requested() + "'.");
    }

    private Answer find() {
        String path = exchange.path();
        String inPath = ModelPath.model(path);
        boolean mayHaveBody = !WITHOUT_BODY.contains(exchange.method());
        if (inPath != null) {
            return confined && mayHaveBody ? inPathAlone(inPath) : found(inPath, null);
        }
        if (!mayHaveBody) {
            return Answer.NO_MODEL;
        }
        return switch (ModelPath.place(path)) {
            case BODY -> inBody(true, nowhere(true));
            case BODY_OPTIONAL -> inBody(false, nowhere(false));
            case PATH, NONE -> Answer.NO_MODEL;
            case ELSEWHERE -> nowhere(false);
        };
    }

    /** An upstream may go by the body, whatever the path says: a client that is let in for some models may not say both. */
    private Answer inPathAlone(String inPath) {
        Answer inBody = inBody(false, Answer.NO_MODEL);
        if (inBody.refusal != null) {
            return inBody;
        }
        AskedModel other = inBody.model;
        boolean same = other == null
                || other.requested().equals(inPath)
                || other.requested().equals(GOOGLE + inPath);
        return same
                ? found(inPath, null)
                : Answer.refused(
                        ProxyError.MODEL_NOT_ALLOWED, "The path and the body of the request name different models.");
    }

    /** @param otherwise the answer if the body is fine and names no model */
    private Answer inBody(boolean required, Answer otherwise) {
        if (!body.isWhole()) {
            return tooLarge(required);
        }
        if (body.isEmpty()) {
            return otherwise;
        }
        HttpServletRequest clientRequest = exchange.clientRequest();
        String coding = clientRequest.getHeader("Content-Encoding");
        if (coding != null && !coding.equalsIgnoreCase("identity")) {
            return unreadable(required, "The request body is compressed, so that its model cannot be read.");
        }
        RequestFacts facts = ModelReader.read(clientRequest.getContentType(), body.collected());
        if (facts instanceof RequestFacts.Unreadable problem) {
            return unreadable(required, problem.message());
        }
        ModelField field = ((RequestFacts.Read) facts).model();
        return field == null ? otherwise : found(field.name(), field);
    }

    private Answer found(String requested, @Nullable ModelField field) {
        return new Answer(AskedModel.of(requested, exchange.forward().config().modelPrefix(), field), null);
    }

    private Answer tooLarge(boolean required) {
        return required || confined
                ? Answer.refused(
                        ProxyError.BODY_TOO_LARGE, "The request body is too large for its model to be read from it.")
                : Answer.NO_MODEL;
    }

    /** What nobody is known to have a model in may be anything, but not for a client that is let in for some models only. */
    private Answer unreadable(boolean required, String why) {
        return required || confined ? Answer.refused(ProxyError.INVALID_REQUEST, why) : Answer.NO_MODEL;
    }

    private Answer nowhere(boolean required) {
        if (confined) {
            return Answer.refused(
                    ProxyError.MODEL_NOT_ALLOWED, "This API key is for some models only, and the request names none.");
        }
        return required ? Answer.refused(ProxyError.INVALID_REQUEST, "The request names no model.") : Answer.NO_MODEL;
    }
}
