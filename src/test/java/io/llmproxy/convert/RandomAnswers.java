package io.llmproxy.convert;

import io.llmproxy.convert.json.Json;
import io.llmproxy.convert.json.Node;
import io.llmproxy.convert.model.ChatAnswer;
import io.llmproxy.convert.model.Choice;
import io.llmproxy.convert.model.Part;
import io.llmproxy.convert.model.Stop;
import io.llmproxy.convert.model.Stop.Reason;
import io.llmproxy.convert.model.Usage;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Answers as every dialect can tell them. */
final class RandomAnswers {
    private static final String[] WORDS = {
        "Hello",
        " world",
        "\n",
        "ä€😀",
        "\"quoted\"",
        "\\",
        "{\"a\":1}",
        "data: x\n\n",
        "\u0000\u001f",
        "[DONE]",
        "\u2028",
        "<b>"
    };

    private final Random random;

    RandomAnswers(Random random) {
        this.random = random;
    }

    String words() {
        StringBuilder text = new StringBuilder("x");
        for (int count = random.nextInt(5); count >= 0; count--) {
            text.append(WORDS[random.nextInt(WORDS.length)]);
        }
        return text.toString();
    }

    Json.Obj object() {
        Json.Obj object = new Json.Obj();
        for (int count = random.nextInt(4); count > 0; count--) {
            object.put("m" + count, random.nextBoolean() ? new Json.Str(words()) : new Json.Num("1.0"));
        }
        return object;
    }

    /** Thinking, then text, then calls, none of which need be there. */
    ChatAnswer next(boolean thinks) {
        List<Part> parts = new ArrayList<>();
        if (thinks && random.nextBoolean()) {
            parts.add(new Part.Reasoning(Part.Reasoning.Kind.RAW, List.of(words()), null));
        }
        if (random.nextInt(4) > 0) {
            parts.add(new Part.Text(words()));
        }
        for (int calls = random.nextInt(4); calls > 0; calls--) {
            parts.add(new Part.ToolCall(
                    "call_" + random.nextInt(1_000_000),
                    "tool" + random.nextInt(3),
                    null,
                    object().text(),
                    false,
                    null,
                    Node.of(Json.Null.NULL)));
        }
        Reason reason = random.nextInt(4) == 0 ? Reason.MAX_TOKENS : Reason.END;
        boolean calls = parts.stream().anyMatch(Part.ToolCall.class::isInstance);
        Usage usage = new Usage(
                random.nextInt(1000),
                random.nextInt(1000),
                0,
                0,
                0,
                500 + random.nextInt(1000),
                random.nextInt(500),
                0,
                0);
        return new ChatAnswer(null, List.of(new Choice(0, parts, new Stop(reason).after(calls), null)), usage, null);
    }
}
