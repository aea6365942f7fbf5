package io.llmproxy.convert.gemini;

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
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Whole answers of generateContent. */
final class GeminiAnswers {
    private GeminiAnswers() {}

    static ChatAnswer decode(Json.Obj body, Attempt attempt) {
        if (body.get("error") != null) {
            throw new BadAnswerException(Faults.decode(200, 0, body));
        }
        List<Choice> choices = new ArrayList<>();
        for (Json candidate : body.array("candidates")) {
            if (candidate instanceof Json.Obj object) {
                choices.add(choice(object, choices.size(), attempt));
            }
        }
        Stop blocked = GeminiStops.blocked(body);
        if (choices.isEmpty() && blocked != null) {
            choices.add(new Choice(0, List.of(), blocked, null));
        }
        if (choices.isEmpty()) {
            throw new BadAnswerException("the upstream's answer has no candidates");
        }
        return new ChatAnswer(
                body.string("responseId"), choices, GeminiUsage.decode(body.object("usageMetadata")), null);
    }

    private static Choice choice(Json.Obj candidate, int index, Attempt attempt) {
        List<Part> parts = new ArrayList<>();
        Json.Obj content = candidate.object("content");
        boolean calls = false;
        for (Json item : content == null ? List.<Json>of() : content.array("parts")) {
            Part part = item instanceof Json.Obj object ? part(object, attempt) : null;
            if (part != null) {
                calls |= part instanceof Part.ToolCall;
                parts.add(part);
            }
        }
        GeminiGrounding.cite(candidate, parts);
        Stop stop = GeminiStops.decode(candidate.string("finishReason", ""));
        return new Choice(index, parts, stop.after(calls), GeminiLogprobs.of(candidate));
    }

    private static @Nullable Part part(Json.Obj part, Attempt attempt) {
        Json.Obj call = part.object("functionCall");
        if (call != null) {
            return new Part.ToolCall(
                    id(call, attempt),
                    call.string("name", ""),
                    null,
                    arguments(call),
                    false,
                    signature(part, Opaque.Kind.CALL, attempt),
                    Node.of(part));
        }
        String text = part.string("text", "");
        if (part.isTrue("thought")) {
            return text.isEmpty() ? null : new Part.Reasoning(Part.Reasoning.Kind.SUMMARY, List.of(text), null);
        }
        Opaque signature = signature(part, Opaque.Kind.TEXT, attempt);
        return text.isEmpty() && signature == null ? null : new Part.Text(text, List.of(), null, signature);
    }

    static String id(Json.Obj call, Attempt attempt) {
        String id = call.string("id", "");
        return id.isEmpty() ? "call_" + attempt.ids().next(24) : id;
    }

    static String arguments(Json.Obj call) {
        Json.Obj arguments = call.object("args");
        return arguments == null ? "{}" : arguments.text();
    }

    static @Nullable Opaque signature(Json.Obj part, Opaque.Kind kind, Attempt attempt) {
        String signature = part.string("thoughtSignature", "");
        return signature.isEmpty() ? null : new Opaque(attempt.family(), kind, signature);
    }

    static Json.Obj encode(ChatAnswer answer, Answering as) {
        Json.Arr candidates = new Json.Arr();
        for (Choice choice : answer.choices()) {
            candidates.add(encode(choice, as));
        }
        Usage usage = answer.usage() == null ? Usage.ZERO : answer.usage();
        return new Json.Obj()
                .put("candidates", candidates)
                .put("usageMetadata", GeminiUsage.encode(usage))
                .put("modelVersion", as.model())
                .put("responseId", as.ids().next(22));
    }

    private static Json.Obj encode(Choice choice, Answering as) {
        if (choice.stop().reason() == Stop.Reason.BAD_TOOL_CALL) {
            throw new BadAnswerException("the model returned an invalid tool call");
        }
        Json.Arr parts = new Json.Arr();
        List<String> sealed = new ArrayList<>(0);
        for (Part part : choice.parts()) {
            add(part, choice, parts, sealed, as);
        }
        if (!sealed.isEmpty() || parts.isEmpty()) {
            parts.add(new Json.Obj().put("text", "").put("thoughtSignature", sign(sealed)));
        }
        return new Json.Obj()
                .put("content", new Json.Obj().put("parts", parts).put("role", "model"))
                .put("finishReason", GeminiStops.encode(choice.stop()))
                .put("index", choice.index());
    }

    private static void add(Part part, Choice choice, Json.Arr parts, List<String> sealed, Answering as) {
        if (part instanceof Part.Text text && !text.text().isEmpty()) {
            parts.add(new Json.Obj().put("text", text.text()));
        } else if (part instanceof Part.Refusal refusal) {
            parts.add(new Json.Obj().put("text", refusal.text()));
        } else if (part instanceof Part.Reasoning reasoning) {
            if (!reasoning.texts().isEmpty() && shows(as)) {
                parts.add(new Json.Obj().put("text", reasoning.text()).put("thought", true));
            }
            if (reasoning.opaque() != null) {
                sealed.add(seal(reasoning.opaque(), reasoning.text()));
            }
        } else if (part instanceof Part.ToolCall call) {
            Json.Obj arguments = call.arguments().isBlank() ? new Json.Obj() : JsonReader.object(call.arguments());
            if (arguments == null && !choice.stop().isCut()) {
                throw new BadAnswerException("the model called a tool with arguments that are not a JSON object");
            }
            if (arguments != null) {
                parts.add(call(call.id(), as.names().down(call.name()).name(), arguments, sign(sealed)));
                sealed.clear();
            }
        }
    }

    static boolean shows(Answering as) {
        return Boolean.TRUE.equals(as.request().thinking().show());
    }

    static Json.Obj call(String id, String name, Json.Obj arguments, @Nullable String signature) {
        Json.Obj call = new Json.Obj().put("id", id).put("name", name).put("args", arguments);
        return new Json.Obj().put("functionCall", call).put("thoughtSignature", signature);
    }

    /** Thoughts do not come back from these clients: the state takes the words along that belong to it. */
    static String seal(Opaque opaque, String text) {
        return new Envelope(opaque, text.isEmpty() ? null : text).seal();
    }

    /** The member is of bytes, which JSON has in base64. */
    static @Nullable String sign(List<String> sealed) {
        return sealed.isEmpty()
                ? null
                : Base64.getEncoder().encodeToString(String.join(" ", sealed).getBytes(StandardCharsets.UTF_8));
    }
}
