package io.llmproxy.proxy.forward;

import io.llmproxy.protocol.Endpoint;
import io.llmproxy.protocol.ModelField;
import io.llmproxy.protocol.SessionMessageReader;
import io.llmproxy.protocol.SessionMessageReader.Message;
import io.llmproxy.proxy.exchange.AskedModel;
import io.llmproxy.proxy.exchange.Exchange;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Holds a client that may use certain models only to these, in a session whose messages name the models. A message is read as it
 * passes, and its last piece passes only if it may: an upstream can do nothing with a message that has no end.
 */
final class MessageModels {
    /** Asks for an answer. All else that Responses take as messages concerns one that was asked for before. */
    private static final String CREATE = "response.create";

    private static final String UNREADABLE =
            "This API key is for certain models only: a message has to be JSON that says \"model\" once.";
    private static final String NAMELESS = "This API key is for certain models only: the message has to name one.";

    private final Exchange exchange;
    /** Whether the session is one of Gemini Live's, and not of Responses. */
    private final boolean live;

    private SessionMessageReader reader;
    /** Whether the session was set up. */
    private boolean begun;

    private MessageModels(Exchange exchange) {
        this.exchange = exchange;
        this.live = exchange.endpoint() != Endpoint.RESPONSE;
        this.reader = newReader();
    }

    private SessionMessageReader newReader() {
        return live ? SessionMessageReader.ofLive() : SessionMessageReader.ofResponses();
    }

    /** Returns what looks at the messages of an exchange's session; null if its client may use all models. */
    static @Nullable MessageModels of(Exchange exchange) {
        return ModelQuestion.isConfined(exchange) && exchange.endpoint().hasModelsInMessages()
                ? new MessageModels(exchange)
                : null;
    }

    /**
     * Looks at the next piece of the client's messages.
     *
     * @param last whether it ends its message
     * @return why the message must not come to its end; null if the piece may pass
     */
    @Nullable String refusal(ByteBuffer piece, boolean last) {
        reader.accept(piece);
        if (!last) {
            return null;
        }
        Message message = reader.finish();
        reader = newReader();
        return message == null ? UNREADABLE : refusal(message);
    }

    private @Nullable String refusal(Message message) {
        for (ModelField field : message.named().models()) {
            AskedModel model = asked(field);
            if (!model.isAllowed(exchange.clientKey()) || !model.isAllowed(exchange.limitPath())) {
                return ModelQuestion.notAllowed(model.requested());
            }
        }
        boolean nameless = live ? setsUpWithout(message) : asksWithout(message);
        return nameless ? NAMELESS : null;
    }

    /** The first message has to set the session up, and no other can. */
    private boolean setsUpWithout(Message message) {
        begun |= !message.named().inner().isEmpty();
        return !begun;
    }

    /** Each answer has the model of the message that asks for it. */
    private static boolean asksWithout(Message message) {
        boolean asks = message.type() == null || message.type().equals(CREATE);
        return asks && message.named().model() == null;
    }

    private AskedModel asked(ModelField field) {
        String prefix = exchange.forward().config().modelPrefix();
        return live ? AskedModel.inResource(field, prefix) : AskedModel.inBody(field, prefix);
    }
}
