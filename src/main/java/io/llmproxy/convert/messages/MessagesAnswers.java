package io.llmproxy.convert.messages;

import io.llmproxy.convert.codec.Answering;
import io.llmproxy.convert.codec.Attempt;
import io.llmproxy.convert.codec.BadAnswerException;
import io.llmproxy.convert.codec.Envelope;
import io.llmproxy.convert.codec.Faults;
import io.llmproxy.convert.json.Json;
import io.llmproxy.convert.json.JsonReader;
import io.llmproxy.convert.json.Node;
import io.llmproxy.convert.model.ChatAnswer;
import io.llmproxy.convert.model.Choice;
import io.llmproxy.convert.model.Opaque;
import io.llmproxy.convert.model.Part;
import io.llmproxy.convert.model.Stop;
import io.llmproxy.convert.model.Usage;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Whole answers of Messages. */
final class MessagesAnswers {
    private MessagesAnswers() {}

    static ChatAnswer decode(Json.Obj body, Attempt attempt) {
        if (body.get("error") != null) {
            throw new BadAnswerException(Faults.decode(200, 0, body));
        }
        if (!(body.get("content") instanceof Json.Arr content)) {
            throw new BadAnswerException("the upstream's answer has no content");
        }
        Stop stop = MessagesStops.decode(body);
        List<Part> parts = new ArrayList<>();
        boolean calls = false;
        for (Json item : content.items()) {
            Part part = item instanceof Json.Obj block ? part(block, stop, attempt) : null;
            if (part != null) {
                calls |= part instanceof Part.ToolCall;
                parts.add(part);
            }
        }
        String explanation = stop.refusal();
        if (explanation != null && parts.stream().noneMatch(Part.Refusal.class::isInstance)) {
            parts.add(new Part.Refusal(explanation));
        }
        Choice choice = new Choice(0, parts, stop.after(calls), null);
        Json.Obj usage = body.object("usage");
        return new ChatAnswer(
                body.string("id"),
                List.of(choice),
                MessagesUsage.decode(usage, null),
                usage == null ? null : usage.string("service_tier"));
    }

    private static @Nullable Part part(Json.Obj block, Stop stop, Attempt attempt) {
        return switch (block.string("type", "")) {
            case "text" -> {
                String text = block.string("text", "");
                if (text.isEmpty()) {
                    yield null;
                }
                yield stop.reason() == Stop.Reason.REFUSED ? new Part.Refusal(text) : new Part.Text(text);
            }
            case "thinking" -> {
                String text = block.string("thinking", "");
                String signature = block.string("signature", "");
                yield new Part.Reasoning(
                        Part.Reasoning.Kind.RAW,
                        text.isEmpty() ? List.of() : List.of(text),
                        signature.isEmpty() ? null : new Opaque(attempt.family(), Opaque.Kind.SIGNATURE, signature));
            }
            case "redacted_thinking" ->
                new Part.Reasoning(
                        Part.Reasoning.Kind.REDACTED,
                        List.of(),
                        new Opaque(attempt.family(), Opaque.Kind.REDACTED, block.string("data", "")));
            case "tool_use" ->
                new Part.ToolCall(
                        block.string("id", ""),
                        block.string("name", ""),
                        null,
                        block.get("input") == null ? "{}" : String.valueOf(textOf(block.get("input"))),
                        false,
                        null,
                        Node.of(block));
            default -> null;
        };
    }

    private static @Nullable String textOf(@Nullable Json json) {
        return json == null ? null : json.text();
    }

    static Json.Obj encode(ChatAnswer answer, Answering as) {
        Choice choice = answer.choices().get(0);
        if (choice.stop().reason() == Stop.Reason.BAD_TOOL_CALL) {
            throw new BadAnswerException("the model returned an invalid tool call");
        }
        Json.Arr content = new Json.Arr();
        for (Part part : choice.parts()) {
            add(part, choice, content, as);
        }
        Json.Obj body = head(answer.id(), as).put("content", content);
        MessagesStops.encode(choice.stop(), body);
        Usage usage = answer.usage();
        return body.put("usage", MessagesUsage.encode(usage == null ? Usage.ZERO : usage));
    }

    static Json.Obj head(@Nullable String id, Answering as) {
        return new Json.Obj()
                .put(
                        "id",
                        id != null && id.startsWith("msg_")
                                ? id
                                : "msg_" + as.ids().next(24))
                .put("type", "message")
                .put("role", "assistant")
                .put("model", as.model());
    }

    private static void add(Part part, Choice choice, Json.Arr content, Answering as) {
        if (part instanceof Part.Text text) {
            if (!text.text().isBlank()) {
                content.add(new Json.Obj().put("type", "text").put("text", text.text()));
            }
            if (text.opaque() != null) {
                content.add(thinking("", text.opaque()));
            }
        } else if (part instanceof Part.Refusal refusal) {
            content.add(new Json.Obj().put("type", "text").put("text", refusal.text()));
        } else if (part instanceof Part.Reasoning reasoning) {
            content.add(
                    reasoning.kind() == Part.Reasoning.Kind.REDACTED && reasoning.opaque() != null
                            ? redacted(reasoning.opaque())
                            : thinking(reasoning.text(), reasoning.opaque()));
        } else if (part instanceof Part.ToolCall call) {
            call(call, choice, content, as);
        }
    }

    private static void call(Part.ToolCall call, Choice choice, Json.Arr content, Answering as) {
        Json.Obj input = call.arguments().isBlank() ? new Json.Obj() : JsonReader.object(call.arguments());
        if (input == null && choice.stop().isCut()) {
            return;
        }
        if (input == null) {
            throw new BadAnswerException("the model called a tool with arguments that are not a JSON object");
        }
        if (call.opaque() != null) {
            content.add(thinking("", call.opaque()));
        }
        content.add(new Json.Obj()
                .put("type", "tool_use")
                .put("id", call.id())
                .put("name", as.names().down(call.name()).name())
                .put("input", input));
    }

    static Json.Obj thinking(String text, @Nullable Opaque opaque) {
        return new Json.Obj()
                .put("type", "thinking")
                .put("thinking", text)
                .put("signature", opaque == null ? "" : seal(opaque));
    }

    static Json.Obj redacted(Opaque opaque) {
        return new Json.Obj().put("type", "redacted_thinking").put("data", seal(opaque));
    }

    /** Returns what a client sends back as it is: another provider's state travels in an envelope. */
    static String seal(Opaque opaque) {
        return opaque.family().equals("anthropic") ? opaque.value() : new Envelope(opaque, null).seal();
    }
}
