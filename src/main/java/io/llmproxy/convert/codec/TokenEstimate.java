package io.llmproxy.convert.codec;

import io.llmproxy.convert.model.ChatRequest;
import io.llmproxy.convert.model.OutputFormat;
import io.llmproxy.convert.model.Part;
import io.llmproxy.convert.model.Source;
import io.llmproxy.convert.model.Tool;
import io.llmproxy.convert.model.Turn;
import java.util.List;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Guesses how many tokens a request takes, or counts them where the model's tokenizer is known. A guess errs high: a client that
 * is told too little overflows its context.
 */
public final class TokenEstimate {
    private static final double ASCII_PER_TOKEN = 3.3;
    private static final double TOKENS_PER_OTHER = 1.1;
    private static final int A_TURN = 4;
    private static final int A_TOOL = 8;
    private static final int AN_IMAGE = 1600;
    private static final int DOCUMENT_BYTES = 300;
    private static final double MARGIN = 1.1;

    /** Beyond so many characters a text's tokens are guessed: a tokenizer takes a second for some millions. */
    private static final int MOST_CHARACTERS = 1 << 20;

    private final @Nullable ToIntFunction<String> tokenizer;
    private double tokens;
    private int characters;

    private TokenEstimate(@Nullable ToIntFunction<String> tokenizer) {
        this.tokenizer = tokenizer;
    }

    /** Returns the tokens of a request's input. */
    public static long of(ChatRequest request) {
        return of(request, null);
    }

    /**
     * Returns the tokens of a request's input.
     *
     * @param tokenizer counts those of a text as the model does; null if it is not known how that does
     */
    public static long of(ChatRequest request, @Nullable ToIntFunction<String> tokenizer) {
        TokenEstimate estimate = new TokenEstimate(tokenizer);
        for (Turn turn : request.turns()) {
            estimate.tokens += A_TURN;
            estimate.parts(turn.parts());
        }
        for (Tool tool : request.tools()) {
            estimate.tool(tool);
        }
        if (request.format() instanceof OutputFormat.Schema schema) {
            estimate.text(schema.schema().text());
        }
        return (long) Math.ceil(estimate.tokens * (tokenizer == null ? MARGIN : 1));
    }

    private void parts(List<Part> parts) {
        for (Part part : parts) {
            part(part);
        }
    }

    private void part(Part part) {
        if (part instanceof Part.Text words) {
            text(words.text());
        } else if (part instanceof Part.ToolCall call) {
            text(call.name());
            text(call.arguments());
        } else if (part instanceof Part.ToolResult result) {
            parts(result.parts());
        } else if (part instanceof Part.Reasoning reasoning) {
            text(reasoning.text());
        } else if (part instanceof Part.Refusal refusal) {
            text(refusal.text());
        } else if (part instanceof Part.Document document) {
            document(document);
        } else {
            tokens += AN_IMAGE;
        }
    }

    private void document(Part.Document document) {
        if (document.source() instanceof Source.Inline inline) {
            tokens += inline.base64().length() * 0.75 / DOCUMENT_BYTES;
        } else if (document.source() instanceof Source.PlainText plain) {
            text(plain.text());
        } else {
            tokens += AN_IMAGE;
        }
    }

    private void tool(Tool tool) {
        tokens += A_TOOL;
        text(tool.name());
        if (tool instanceof Tool.Function function) {
            text(function.description());
            text(function.schema() == null ? null : function.schema().text());
        } else if (tool instanceof Tool.Custom custom) {
            text(custom.description());
            text(custom.format() == null ? null : custom.format().text());
        }
    }

    private void text(@Nullable String text) {
        if (text == null) {
            return;
        }
        characters += text.length();
        if (tokenizer != null && characters <= MOST_CHARACTERS) {
            tokens += tokenizer.applyAsInt(text);
            return;
        }
        int others = 0;
        for (int index = 0; index < text.length(); index++) {
            if (text.charAt(index) >= 0x80) {
                others++;
            }
        }
        tokens += Math.ceil((text.length() - others) / ASCII_PER_TOKEN + others * TOKENS_PER_OTHER);
    }
}
