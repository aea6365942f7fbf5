package io.llmproxy.convert.completions;

import io.llmproxy.convert.codec.ConversionException;
import io.llmproxy.convert.codec.Extras;
import io.llmproxy.convert.codec.Notes;
import io.llmproxy.convert.json.Node;
import io.llmproxy.convert.model.Audience;
import io.llmproxy.convert.model.ChatRequest;
import io.llmproxy.convert.model.Part;
import io.llmproxy.convert.model.Sampling;
import io.llmproxy.convert.model.Thinking;
import io.llmproxy.convert.model.Turn;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Reads what a client wants to be completed: one text, which a user says to a chat. */
final class CompletionsRequest {
    private static final Set<String> KNOWN = Set.of(
            "model",
            "prompt",
            "suffix",
            "echo",
            "best_of",
            "max_tokens",
            "temperature",
            "top_p",
            "stop",
            "seed",
            "n",
            "frequency_penalty",
            "presence_penalty",
            "logprobs",
            "user",
            "stream",
            "stream_options");
    /** What OpenAI takes if the client does not say. */
    private static final long USUAL_LIMIT = 16;

    private final Node body;
    private final Notes notes;

    CompletionsRequest(Node body, Notes notes) {
        this.body = body;
        this.notes = notes;
    }

    ChatRequest decode() {
        refuse();
        Node prompt = prompt();
        boolean stream = body.get("stream").isTrue();
        Node options = body.get("stream_options");
        return new ChatRequest(
                body.get("model").textOr(""),
                List.of(new Turn(Turn.Role.USER, List.of(new Part.Text(prompt.text())), null, prompt)),
                List.of(),
                null,
                null,
                sampling(),
                new Thinking(null, null, false),
                null,
                new Audience(body.get("user").textOrNull(), null, null),
                null,
                null,
                stream,
                stream && options.exists() && options.get("include_usage").isTrue(),
                false,
                Extras.of(body, KNOWN, Set.of()));
    }

    private Node prompt() {
        List<Node> prompts = body.get("prompt").itemsOrOne();
        if (prompts.size() != 1 || !prompts.get(0).isText()) {
            throw ConversionException.unsupported("prompt", "only one prompt is supported");
        }
        return prompts.get(0);
    }

    private void refuse() {
        if (body.get("suffix").exists() && !body.get("suffix").text().isEmpty()) {
            throw ConversionException.unsupported("suffix", "suffix is not supported");
        }
        if (body.get("echo").isTrue()) {
            throw ConversionException.unsupported("echo", "echo is not supported");
        }
        Long best = body.get("best_of").wholeOrNull();
        if (best != null && best > 1) {
            throw ConversionException.unsupported("best_of", "best_of is not supported");
        }
        if (body.get("logprobs").exists()) {
            notes.dropped("logprobs");
        }
    }

    private Sampling sampling() {
        Long limit = body.get("max_tokens").wholeOrNull();
        List<String> stops = new ArrayList<>();
        body.get("stop").itemsOrOne().forEach(stop -> stops.add(stop.text()));
        return new Sampling(
                limit == null ? USUAL_LIMIT : limit,
                body.get("temperature").numberOrNull(0, 2),
                body.get("top_p").numberOrNull(0, 1),
                null,
                stops,
                body.get("seed").numberOrNull(),
                body.get("n").wholeOrNull(),
                body.get("frequency_penalty").numberOrNull(-2, 2),
                body.get("presence_penalty").numberOrNull(-2, 2),
                false,
                null,
                null);
    }
}
