package io.llmproxy.convert.chat;

import io.llmproxy.convert.codec.Answering;
import io.llmproxy.convert.codec.Attempt;
import io.llmproxy.convert.codec.BadAnswerException;
import io.llmproxy.convert.codec.CustomInput;
import io.llmproxy.convert.codec.Faults;
import io.llmproxy.convert.codec.ToolNames;
import io.llmproxy.convert.json.Json;
import io.llmproxy.convert.json.Node;
import io.llmproxy.convert.model.ChatAnswer;
import io.llmproxy.convert.model.Choice;
import io.llmproxy.convert.model.Opaque;
import io.llmproxy.convert.model.Part;
import io.llmproxy.convert.model.Stop;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Whole answers of Chat Completions. */
final class ChatAnswers {
    private ChatAnswers() {}

    static ChatAnswer decode(Json.Obj body, Attempt attempt) {
        if (body.get("error") != null && body.array("choices").isEmpty()) {
            throw new BadAnswerException(Faults.decode(200, 0, body));
        }
        List<Choice> choices = new ArrayList<>();
        for (Json choice : body.array("choices")) {
            if (choice instanceof Json.Obj object) {
                choices.add(choice(object, choices.size(), attempt));
            }
        }
        if (choices.isEmpty()) {
            throw new BadAnswerException("the upstream's answer has no choices");
        }
        return new ChatAnswer(
                body.string("id"), choices, ChatUsage.decode(body.object("usage")), body.string("service_tier"));
    }

    private static Choice choice(Json.Obj choice, int index, Attempt attempt) {
        Json.Obj message = choice.object("message");
        List<Part> parts = new ArrayList<>();
        if (message != null) {
            message(message, parts, attempt);
        }
        boolean calls = parts.stream().anyMatch(Part.ToolCall.class::isInstance);
        boolean refused = parts.stream().anyMatch(Part.Refusal.class::isInstance);
        Json.Obj logprobs = choice.object("logprobs");
        return new Choice(
                index,
                parts,
                ChatStops.decode(choice).after(calls).afterRefusal(refused),
                logprobs != null && logprobs.get("content") instanceof Json.Arr tokens ? tokens : null);
    }

    private static void message(Json.Obj message, List<Part> parts, Attempt attempt) {
        String thought = message.string("reasoning_content", message.string("reasoning", ""));
        if (!thought.isEmpty()) {
            parts.add(new Part.Reasoning(Part.Reasoning.Kind.RAW, List.of(thought), null));
        }
        String text = text(message.get("content"));
        if (!text.isEmpty()) {
            parts.add(new Part.Text(text, message.array("annotations"), null, null));
        }
        String refusal = message.string("refusal", "");
        if (!refusal.isEmpty()) {
            parts.add(new Part.Refusal(refusal));
        }
        for (Json call : message.array("tool_calls")) {
            if (call instanceof Json.Obj object) {
                parts.add(call(object, attempt));
            }
        }
        Json.Obj function = message.object("function_call");
        if (function != null) {
            parts.add(new Part.ToolCall(
                    "call_" + attempt.ids().next(24),
                    function.string("name", ""),
                    null,
                    function.string("arguments", ""),
                    false,
                    null,
                    Node.of(function)));
        }
    }

    /** Some servers answer with an array of parts. */
    static String text(@Nullable Json content) {
        if (content instanceof Json.Str text) {
            return text.value();
        }
        StringBuilder all = new StringBuilder();
        if (content instanceof Json.Arr array) {
            for (Json part : array.items()) {
                all.append(part instanceof Json.Obj object ? object.string("text", "") : "");
            }
        }
        return all.toString();
    }

    private static Part call(Json.Obj call, Attempt attempt) {
        Json.Obj custom = call.object("custom");
        Json.Obj function = call.object("function");
        Json.Obj named = custom != null ? custom : function != null ? function : new Json.Obj();
        String id = call.string("id", "");
        String arguments = custom != null ? custom.string("input", "") : arguments(named);
        return new Part.ToolCall(
                id.isEmpty() ? "call_" + attempt.ids().next(24) : id,
                named.string("name", ""),
                null,
                arguments,
                custom != null,
                signature(call, attempt),
                Node.of(call));
    }

    /** Some servers write the object itself. */
    static String arguments(Json.Obj function) {
        Json arguments = function.get("arguments");
        return arguments instanceof Json.Obj object ? object.text() : function.string("arguments", "");
    }

    static @Nullable Opaque signature(Json.Obj call, Attempt attempt) {
        Json.Obj extra = call.object("extra_content");
        Json.Obj google = extra == null ? null : extra.object("google");
        String signature = google == null ? null : google.string("thought_signature");
        return signature == null ? null : new Opaque(attempt.family(), Opaque.Kind.CALL, signature);
    }

    static Json.Obj encode(ChatAnswer answer, Answering as) {
        Json.Arr choices = new Json.Arr();
        for (Choice choice : answer.choices()) {
            choices.add(encode(choice, as));
        }
        Json.Obj body = new Json.Obj()
                .put("id", id(answer.id(), as))
                .put("object", "chat.completion")
                .put("created", as.epochSecond())
                .put("model", as.model())
                .put("choices", choices);
        return body.put("usage", answer.usage() == null ? null : ChatUsage.encode(answer.usage()));
    }

    static String id(@Nullable String id, Answering as) {
        return id != null && id.startsWith("chatcmpl-")
                ? id
                : "chatcmpl-" + as.ids().next(24);
    }

    private static Json.Obj encode(Choice choice, Answering as) {
        if (choice.stop().reason() == Stop.Reason.BAD_TOOL_CALL) {
            throw new BadAnswerException("the model returned an invalid tool call");
        }
        StringBuilder text = new StringBuilder();
        StringBuilder thought = new StringBuilder();
        StringBuilder refusal = new StringBuilder();
        Json.Arr calls = new Json.Arr();
        for (Part part : choice.parts()) {
            if (part instanceof Part.Text words) {
                text.append(words.text());
            } else if (part instanceof Part.Refusal refused) {
                refusal.append(refused.text());
            } else if (part instanceof Part.Reasoning reasoning) {
                thought.append(reasoning.text());
            } else if (part instanceof Part.ToolCall call) {
                calls.add(call(call, as));
            }
        }
        boolean silent = text.isEmpty() && (!calls.isEmpty() || !refusal.isEmpty());
        Json.Obj message = new Json.Obj()
                .put("role", "assistant")
                .put("content", silent ? Json.Null.NULL : new Json.Str(text.toString()));
        message.put("refusal", refusal.isEmpty() ? Json.Null.NULL : new Json.Str(refusal.toString()));
        if (!thought.isEmpty() && as.policy().reasoningContent()) {
            message.put("reasoning_content", thought.toString());
        }
        message.put("annotations", annotations(choice));
        message.put("tool_calls", calls.isEmpty() ? null : calls);
        Json.Obj written = new Json.Obj().put("index", choice.index()).put("message", message);
        if (choice.logprobs() != null) {
            written.put(
                    "logprobs", new Json.Obj().put("content", choice.logprobs()).putNull("refusal"));
        }
        return written.put("finish_reason", ChatStops.encode(choice.stop()));
    }

    private static @Nullable Json annotations(Choice choice) {
        Json.Arr annotations = new Json.Arr();
        for (Part part : choice.parts()) {
            if (part instanceof Part.Text text) {
                text.citations().forEach(annotations::add);
            }
        }
        return annotations.isEmpty() ? null : annotations;
    }

    private static Json.Obj call(Part.ToolCall call, Answering as) {
        ToolNames.Origin origin = as.names().down(call.name());
        Json.Obj written = new Json.Obj().put("id", call.id());
        if (origin.custom()) {
            written.put("type", "custom")
                    .put(
                            "custom",
                            new Json.Obj()
                                    .put("name", origin.name())
                                    .put(
                                            "input",
                                            CustomInput.of(
                                                    as.names().areCustomKnown() || call.custom(), call.arguments())));
        } else {
            written.put("type", "function")
                    .put("function", new Json.Obj().put("name", origin.name()).put("arguments", call.arguments()));
        }
        return written.put("extra_content", signature(call.opaque(), as));
    }

    static Json.@Nullable Obj signature(@Nullable Opaque opaque, Answering as) {
        if (opaque == null || !as.policy().chatSignatures() || !opaque.family().startsWith("gemini")) {
            return null;
        }
        Json.Obj google = new Json.Obj().put("thought_signature", opaque.value());
        return new Json.Obj().put("google", google);
    }
}
