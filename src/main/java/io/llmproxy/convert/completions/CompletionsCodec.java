package io.llmproxy.convert.completions;

import io.llmproxy.convert.codec.Answering;
import io.llmproxy.convert.codec.BadAnswerException;
import io.llmproxy.convert.codec.ClientCodec;
import io.llmproxy.convert.codec.Notes;
import io.llmproxy.convert.codec.OpenAiFaults;
import io.llmproxy.convert.codec.RequestLine;
import io.llmproxy.convert.codec.StreamEncoder;
import io.llmproxy.convert.json.Json;
import io.llmproxy.convert.json.Node;
import io.llmproxy.convert.model.ChatAnswer;
import io.llmproxy.convert.model.ChatRequest;
import io.llmproxy.convert.model.Choice;
import io.llmproxy.convert.model.Dialect;
import io.llmproxy.convert.model.Fault;
import io.llmproxy.convert.model.Part;
import io.llmproxy.convert.model.Stop;
import io.llmproxy.convert.model.Usage;
import org.jspecify.annotations.Nullable;

/**
 * The completions that OpenAI had before its chats. Clients of it are served; no upstream is asked by it. Its errors are
 * those of the chats.
 */
public final class CompletionsCodec implements ClientCodec {
    @Override
    public Dialect dialect() {
        return Dialect.CHAT;
    }

    @Override
    public ChatRequest decodeRequest(Node body, RequestLine line, Notes notes) {
        return new CompletionsRequest(body, notes).decode();
    }

    @Override
    public Json.Obj encodeAnswer(ChatAnswer answer, Answering as) {
        Json.Arr choices = new Json.Arr();
        for (Choice choice : answer.choices()) {
            if (choice.stop().reason() == Stop.Reason.BAD_TOOL_CALL) {
                throw new BadAnswerException("the model called a tool, but the request has no tools");
            }
            StringBuilder text = new StringBuilder();
            for (Part part : choice.parts()) {
                text.append(
                        part instanceof Part.Text words
                                ? words.text()
                                : part instanceof Part.Refusal refusal ? refusal.text() : "");
            }
            choices.add(choice(choice.index(), text.toString(), new Json.Str(word(choice.stop()))));
        }
        Usage usage = answer.usage();
        return head("cmpl-" + as.ids().next(24), as)
                .put("choices", choices)
                .put("usage", usage == null ? null : usage(usage));
    }

    @Override
    public StreamEncoder streamEncoder(Answering as) {
        return new CompletionsStreamEncoder(as);
    }

    @Override
    public Json.Obj encodeFault(Fault fault) {
        return OpenAiFaults.encode(fault);
    }

    @Override
    public int statusOf(Fault fault) {
        return OpenAiFaults.status(fault);
    }

    static Json.Obj head(String id, Answering as) {
        return new Json.Obj()
                .put("id", id)
                .put("object", "text_completion")
                .put("created", as.epochSecond())
                .put("model", as.model());
    }

    static Json.Obj choice(int index, String text, @Nullable Json reason) {
        return new Json.Obj()
                .put("text", text)
                .put("index", index)
                .putNull("logprobs")
                .put("finish_reason", reason == null ? Json.Null.NULL : reason);
    }

    static String word(Stop stop) {
        return switch (stop.reason()) {
            case MAX_TOKENS, CONTEXT_FULL -> "length";
            case REFUSED, FILTERED -> "content_filter";
            default -> "stop";
        };
    }

    static Json.Obj usage(Usage usage) {
        return new Json.Obj()
                .put("prompt_tokens", usage.totalInput())
                .put("completion_tokens", usage.output())
                .put("total_tokens", usage.total());
    }
}
