package io.llmproxy.capture;

import io.llmproxy.convert.json.Json;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Puts together what a model says in a stream of events, as far as it has come: text, reasoning and calls of tools. It looks at the
 * members in which the APIs send these, whichever API it is.
 */
final class StreamedAnswer {
    /** A request may ask for several answers, whose events are mixed. */
    private final Map<Long, Message> messages = new TreeMap<>();

    private static final class Call {
        private String name = "";
        private final StringBuilder arguments = new StringBuilder();
    }

    private static final class Message {
        private final StringBuilder text = new StringBuilder();
        private final StringBuilder reasoning = new StringBuilder();
        private final Map<Long, Call> calls = new TreeMap<>();

        void says(@Nullable String more) {
            add(text, more);
        }

        void thinks(@Nullable String more) {
            add(reasoning, more);
        }

        void calls(long number, @Nullable String name, @Nullable String arguments) {
            Call call = calls.computeIfAbsent(number, fresh -> new Call());
            call.name = name == null || name.isEmpty() ? call.name : name;
            add(call.arguments, arguments);
        }

        private static void add(StringBuilder text, @Nullable String more) {
            if (more != null) {
                text.append(more);
            }
        }

        Json.Obj json() {
            Json.Obj message = new Json.Obj().put("role", "assistant").put("content", text.toString());
            if (!reasoning.isEmpty()) {
                message.put("reasoning_content", reasoning.toString());
            }
            if (!calls.isEmpty()) {
                Json.Arr all = new Json.Arr();
                calls.values()
                        .forEach(call -> all.add(
                                new Json.Obj().put("name", call.name).put("arguments", call.arguments.toString())));
                message.put("tool_calls", all);
            }
            return message;
        }
    }

    /** Takes the next event. */
    void accept(Json.Obj event) {
        String type = event.string("type", "");
        event.array("choices").forEach(choice -> {
            if (choice instanceof Json.Obj object) {
                choice(object);
            }
        });
        event.array("candidates").forEach(candidate -> {
            if (candidate instanceof Json.Obj object) {
                candidate(object);
            }
        });
        if (type.startsWith("content_block_")) {
            block(event);
        } else if (type.startsWith("response.")) {
            response(type, event);
        }
    }

    private Message message(long number) {
        return messages.computeIfAbsent(number, fresh -> new Message());
    }

    /** Chat and completions of OpenAI. */
    private void choice(Json.Obj choice) {
        Message message = message(choice.number("index", 0));
        message.says(choice.string("text"));
        Json.Obj delta = choice.object("delta");
        if (delta == null) {
            return;
        }
        message.says(delta.string("content"));
        message.says(delta.string("refusal"));
        // Some send it under both names.
        String reasoning = delta.string("reasoning_content");
        message.thinks(reasoning == null ? delta.string("reasoning") : reasoning);
        for (Json item : delta.array("tool_calls")) {
            if (item instanceof Json.Obj call) {
                call(message, call);
            }
        }
    }

    private static void call(Message message, Json.Obj call) {
        Json.Obj function = call.object("function");
        if (function != null) {
            message.calls(call.number("index", 0), function.string("name"), function.string("arguments"));
        }
    }

    /** Gemini. */
    private void candidate(Json.Obj candidate) {
        Json.Obj content = candidate.object("content");
        if (content == null) {
            return;
        }
        Message message = message(candidate.number("index", 0));
        for (Json item : content.array("parts")) {
            if (item instanceof Json.Obj part) {
                part(message, part);
            }
        }
    }

    private static void part(Message message, Json.Obj part) {
        if (part.isTrue("thought")) {
            message.thinks(part.string("text"));
        } else {
            message.says(part.string("text"));
        }
        Json.Obj call = part.object("functionCall");
        if (call != null) {
            Json arguments = call.get("args");
            message.calls(message.calls.size(), call.string("name"), arguments == null ? null : arguments.text());
        }
    }

    /** Messages of Anthropic. */
    private void block(Json.Obj event) {
        Message message = message(0);
        long number = event.number("index", 0);
        Json.Obj begun = event.object("content_block");
        if (begun != null) {
            message.says(begun.string("text"));
            if (begun.string("name") != null) {
                message.calls(number, begun.string("name"), null);
            }
        }
        Json.Obj delta = event.object("delta");
        if (delta != null) {
            message.says(delta.string("text"));
            message.thinks(delta.string("thinking"));
            String arguments = delta.string("partial_json");
            if (arguments != null) {
                message.calls(number, null, arguments);
            }
        }
    }

    /** Responses of OpenAI. */
    private void response(String type, Json.Obj event) {
        Message message = message(0);
        long number = event.number("output_index", 0);
        switch (type) {
            case "response.output_text.delta", "response.refusal.delta" -> message.says(event.string("delta"));
            case "response.reasoning_text.delta", "response.reasoning_summary_text.delta" ->
                message.thinks(event.string("delta"));
            case "response.function_call_arguments.delta", "response.custom_tool_call_input.delta" ->
                message.calls(number, null, event.string("delta"));
            case "response.output_item.added" -> {
                Json.Obj item = event.object("item");
                if (item != null && item.string("name") != null) {
                    message.calls(number, item.string("name"), null);
                }
            }
            default -> {}
        }
    }

    /** What was said so far: a message, several if several were asked for, null if there was none. */
    @Nullable Json said() {
        Json.Arr all = new Json.Arr();
        messages.values().forEach(message -> all.add(message.json()));
        return all.items().size() > 1 ? all : all.items().stream().findFirst().orElse(null);
    }
}
