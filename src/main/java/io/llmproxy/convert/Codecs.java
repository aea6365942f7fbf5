package io.llmproxy.convert;

import io.llmproxy.convert.chat.ChatCodec;
import io.llmproxy.convert.codec.Codec;
import io.llmproxy.convert.gemini.GeminiCodec;
import io.llmproxy.convert.messages.MessagesCodec;
import io.llmproxy.convert.model.Dialect;
import io.llmproxy.convert.responses.ResponsesCodec;

/** The codec of each dialect. */
final class Codecs {
    private static final Codec CHAT = new ChatCodec();
    private static final Codec MESSAGES = new MessagesCodec();
    private static final Codec RESPONSES = new ResponsesCodec();
    private static final Codec GEMINI = new GeminiCodec();

    private Codecs() {}

    static Codec of(Dialect dialect) {
        return switch (dialect) {
            case CHAT -> CHAT;
            case MESSAGES -> MESSAGES;
            case RESPONSES -> RESPONSES;
            case GEMINI -> GEMINI;
        };
    }
}
