package io.llmproxy.convert.chat;

import io.llmproxy.convert.codec.Attempt;
import io.llmproxy.convert.codec.CallIds;
import io.llmproxy.convert.codec.Conversation;
import io.llmproxy.convert.codec.DataUrl;
import io.llmproxy.convert.codec.Efforts;
import io.llmproxy.convert.codec.Extras;
import io.llmproxy.convert.codec.Results;
import io.llmproxy.convert.codec.Tools;
import io.llmproxy.convert.codec.Users;
import io.llmproxy.convert.json.Json;
import io.llmproxy.convert.model.ChatRequest;
import io.llmproxy.convert.model.Dialect;
import io.llmproxy.convert.model.OutputFormat;
import io.llmproxy.convert.model.Part;
import io.llmproxy.convert.model.Sampling;
import io.llmproxy.convert.model.Source;
import io.llmproxy.convert.model.Thinking;
import io.llmproxy.convert.model.Tool;
import io.llmproxy.convert.model.ToolChoice;
import io.llmproxy.convert.model.Turn;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Asks an upstream that speaks Chat Completions. */
final class ChatRequestEncoder {
    private static final int MOST_STOPS = 4;

    private final ChatRequest request;
    private final Attempt attempt;
    private final Json.Arr messages = new Json.Arr();

    ChatRequestEncoder(ChatRequest request, Attempt attempt) {
        this.request = request;
        this.attempt = attempt;
    }

    Json.Obj encode() {
        for (Turn turn : Conversation.arrange(request.turns(), attempt.notes())) {
            turn(turn);
        }
        Json.Obj body = new Json.Obj().put("model", attempt.model()).put("messages", messages);
        sampling(body);
        reasoning(body);
        format(body);
        tools(body);
        audience(body);
        body.put("prompt_cache_key", request.cacheKey());
        body.put("service_tier", Users.openaiTier(request.tier(), attempt.notes()));
        if (request.stream()) {
            body.put("stream", true);
            if (attempt.capabilities().streamUsage()) {
                body.put("stream_options", new Json.Obj().put("include_usage", true));
            }
        }
        Extras.write(request.extras(), attempt, body);
        return body;
    }

    private void sampling(Json.Obj body) {
        Sampling sampling = request.sampling();
        if (sampling.maxOutput() != null) {
            body.put(attempt.capabilities().maxTokensName(), sampling.maxOutput());
        }
        body.put("temperature", sampling.temperature()).put("top_p", sampling.topP());
        if (sampling.topK() != null && attempt.forwards("top_k", false, null)) {
            body.put("top_k", sampling.topK());
        }
        stop(body, sampling.stop());
        body.put("seed", sampling.seed());
        if (sampling.choices() != null && sampling.choices() != 1) {
            body.put("n", sampling.choices());
        }
        body.put("frequency_penalty", sampling.frequencyPenalty())
                .put("presence_penalty", sampling.presencePenalty())
                .put("verbosity", sampling.verbosity());
        if (sampling.logprobs()) {
            body.put("logprobs", true);
            if (sampling.topLogprobs() != null) {
                body.put("top_logprobs", sampling.topLogprobs());
            }
        }
    }

    private void stop(Json.Obj body, List<String> stops) {
        if (stops.size() > MOST_STOPS) {
            attempt.notes().lost("stop", "at most 4 stop strings are taken");
        }
        if (!stops.isEmpty()) {
            body.put("stop", Json.Arr.ofStrings(stops.subList(0, Math.min(MOST_STOPS, stops.size()))));
        }
    }

    private void reasoning(Json.Obj body) {
        Thinking.Level level = Efforts.levelOf(request.thinking());
        if (level != null) {
            Thinking.Level fitting = Efforts.fit(level, attempt.capabilities().efforts());
            body.put("reasoning_effort", fitting == null ? null : Efforts.word(fitting));
            if (fitting == null && level != Thinking.Level.NONE) {
                attempt.notes().dropped("reasoning_effort");
            }
        }
    }

    private void format(Json.Obj body) {
        OutputFormat format = request.format();
        if (format == OutputFormat.AnyObject.INSTANCE) {
            body.put("response_format", new Json.Obj().put("type", "json_object"));
        } else if (format instanceof OutputFormat.Schema schema) {
            Json.Obj inner = new Json.Obj()
                    .put("name", schema.name() == null ? "response" : schema.name())
                    .put("description", schema.description())
                    .put("schema", schema.schema());
            if (schema.strict() != null) {
                inner.put("strict", schema.strict());
            }
            body.put(
                    "response_format", new Json.Obj().put("type", "json_schema").put("json_schema", inner));
        }
    }

    private void tools(Json.Obj body) {
        Json.Arr tools = new Json.Arr();
        for (Tool tool : Tools.declared(request, attempt)) {
            if (tool instanceof Tool.Function function) {
                dropMark(function.cache() != null);
                Json.Obj inner = new Json.Obj()
                        .put("name", attempt.names().up(function.namespace(), function.name()))
                        .put("description", function.description())
                        .put("parameters", Tools.schema(function.schema()));
                if (function.strict() != null) {
                    inner.put("strict", function.strict());
                }
                tools.add(new Json.Obj().put("type", "function").put("function", inner));
            } else if (tool instanceof Tool.Hosted) {
                body.put("web_search_options", new Json.Obj());
            }
        }
        if (tools.isEmpty()) {
            return;
        }
        body.put("tools", tools).put("tool_choice", choice(Tools.choice(request, attempt)));
        if (request.parallelCalls() != null) {
            body.put("parallel_tool_calls", request.parallelCalls());
        }
    }

    private @Nullable Json choice(@Nullable ToolChoice choice) {
        if (choice instanceof ToolChoice.Mode mode) {
            return new Json.Str(Tools.openaiWord(mode));
        }
        if (choice instanceof ToolChoice.Named named) {
            return function(named.name());
        }
        if (choice instanceof ToolChoice.Allowed allowed) {
            Json.Arr tools = new Json.Arr();
            allowed.names().forEach(name -> tools.add(function(name)));
            Json.Obj inner = new Json.Obj()
                    .put("mode", allowed.required() ? "required" : "auto")
                    .put("tools", tools);
            return new Json.Obj().put("type", "allowed_tools").put("allowed_tools", inner);
        }
        return null;
    }

    private Json.Obj function(String name) {
        return new Json.Obj()
                .put("type", "function")
                .put("function", new Json.Obj().put("name", Tools.up(name, request, attempt)));
    }

    private void audience(Json.Obj body) {
        body.put("metadata", request.audience().metadata());
        String user = Users.id(request.audience().id(), attempt.policy());
        body.put("safety_identifier", user);
    }

    private void turn(Turn turn) {
        switch (turn.role()) {
            case SYSTEM, DEVELOPER -> {
                String role = attempt.capabilities().systemRole();
                say(role.equals("none") ? "user" : role, instruction(turn));
            }
            case USER -> say("user", content(turn.parts()));
            case ASSISTANT -> assistant(turn);
            case TOOL -> results(turn);
        }
    }

    private Json instruction(Turn turn) {
        boolean marked = turn.parts().stream().anyMatch(part -> part instanceof Part.Text text && text.cache() != null);
        if (marked && attempt.capabilities().breakpoints()) {
            return content(turn.parts());
        }
        dropMark(marked);
        return new Json.Str(joined(turn));
    }

    private void dropMark(boolean marked) {
        if (marked) {
            attempt.notes().dropped("cache_control");
        }
    }

    private static String joined(Turn turn) {
        List<String> texts = new ArrayList<>();
        for (Part part : turn.parts()) {
            if (part instanceof Part.Text text) {
                texts.add(text.text());
            }
        }
        return String.join("\n\n", texts);
    }

    private Json.Obj say(String role, Json content) {
        Json.Obj message = new Json.Obj().put("role", role).put("content", content);
        messages.add(message);
        return message;
    }

    private void assistant(Turn turn) {
        StringBuilder text = new StringBuilder();
        StringBuilder thought = new StringBuilder();
        StringBuilder refusal = new StringBuilder();
        Json.Arr calls = new Json.Arr();
        for (Part part : turn.parts()) {
            if (part instanceof Part.Text words) {
                text.append(words.text());
            } else if (part instanceof Part.Refusal refused) {
                refusal.append(refused.text());
            } else if (part instanceof Part.ToolCall call) {
                calls.add(call(call));
            } else if (part instanceof Part.Reasoning reasoning) {
                thought.append(reasoning.text());
            } else {
                Tools.skipInHistory(part, attempt.notes());
            }
        }
        boolean silent = text.isEmpty() && (!calls.isEmpty() || !refusal.isEmpty());
        Json.Obj message = say("assistant", silent ? Json.Null.NULL : new Json.Str(text.toString()));
        if (!refusal.isEmpty()) {
            message.put("refusal", refusal.toString());
        }
        if (!thought.isEmpty() && attempt.capabilities().reasoningContent()) {
            message.put("reasoning_content", thought.toString());
        } else if (!thought.isEmpty()) {
            attempt.notes().dropped("reasoning");
        }
        message.put("tool_calls", calls.isEmpty() ? null : calls);
    }

    private Json.Obj call(Part.ToolCall call) {
        Json.Obj function = new Json.Obj()
                .put("name", attempt.names().up(call.namespace(), call.name()))
                .put("arguments", arguments(call));
        Json.Obj written = new Json.Obj()
                .put("id", CallIds.fit(call.id(), Dialect.CHAT))
                .put("type", "function")
                .put("function", function);
        if (call.opaque() != null && call.opaque().family().equals(attempt.family())) {
            Json.Obj google =
                    new Json.Obj().put("thought_signature", call.opaque().value());
            written.put("extra_content", new Json.Obj().put("google", google));
        }
        return written;
    }

    private static String arguments(Part.ToolCall call) {
        if (call.custom()) {
            return Results.wrapped(call.arguments());
        }
        return call.arguments().isEmpty() ? "{}" : call.arguments();
    }

    private void results(Turn turn) {
        List<Part> media = new ArrayList<>();
        for (Part part : turn.parts()) {
            if (part instanceof Part.ToolResult result) {
                dropMark(result.cache() != null);
                boolean inside = attempt.capabilities().toolImages()
                        && !Results.media(result).isEmpty();
                Json content = inside ? content(Results.told(result)) : new Json.Str(Results.text(result));
                say("tool", content).put("tool_call_id", CallIds.fit(result.callId(), Dialect.CHAT));
                if (!inside) {
                    media.addAll(Results.media(result));
                }
                if (result.error()) {
                    attempt.notes().emulated(result.at().path() + ".is_error");
                }
            }
        }
        if (!media.isEmpty()) {
            attempt.notes().emulated("tool_result.image");
            say("user", content(media));
        }
    }

    private Json content(List<Part> parts) {
        if (parts.size() == 1
                && parts.get(0) instanceof Part.Text text
                && !(text.cache() != null && attempt.capabilities().breakpoints())) {
            dropMark(text.cache() != null);
            return new Json.Str(text.text());
        }
        Json.Arr content = new Json.Arr();
        for (Part part : parts) {
            content.add(part(part));
        }
        return content.isEmpty() ? new Json.Str("") : content;
    }

    private Json.Obj part(Part part) {
        if (part instanceof Part.Text text) {
            return breakpoint(new Json.Obj().put("type", "text").put("text", text.text()), text.cache() != null);
        }
        if (part instanceof Part.Image image) {
            Json.Obj url = new Json.Obj()
                    .put("url", url(image.source(), image.at().path()))
                    .put("detail", image.detail());
            return breakpoint(new Json.Obj().put("type", "image_url").put("image_url", url), image.cache() != null);
        }
        if (part instanceof Part.Document document) {
            return document(document);
        }
        if (part instanceof Part.Audio audio && audio.source() instanceof Source.Inline inline) {
            return audio(inline, audio.at().path());
        }
        throw Tools.foreign(part, attempt.notes());
    }

    private Json.Obj breakpoint(Json.Obj part, boolean marked) {
        if (marked && attempt.capabilities().breakpoints()) {
            part.put("prompt_cache_breakpoint", new Json.Obj().put("mode", "explicit"));
        } else {
            dropMark(marked);
        }
        return part;
    }

    private String url(Source source, String path) {
        if (source instanceof Source.Inline inline) {
            return DataUrl.of(inline);
        }
        if (source instanceof Source.Url url && url.url().startsWith("http")) {
            return url.url();
        }
        throw attempt.notes()
                .unsupported(path, "a file ID is valid only at the provider that issued it; send the data itself");
    }

    private Json.Obj document(Part.Document document) {
        if (document.context() != null) {
            attempt.notes().dropped(document.at().path() + ".context");
        }
        if (Results.isText(document)) {
            return new Json.Obj().put("type", "text").put("text", Results.text(document));
        }
        if (!(document.source() instanceof Source.Inline inline)) {
            throw attempt.notes().unsupported(document.at().path(), "a document must be part of the request");
        }
        if (document.citations()) {
            attempt.notes().lost(document.at().path() + ".citations", "citations are not supported");
        }
        String name = document.filename() != null ? document.filename() : document.title();
        Json.Obj file = new Json.Obj()
                .put("filename", name == null ? "document.pdf" : name)
                .put("file_data", DataUrl.of(inline));
        return breakpoint(new Json.Obj().put("type", "file").put("file", file), document.cache() != null);
    }

    private Json.Obj audio(Source.Inline inline, String path) {
        String format = switch (inline.mediaType()) {
            case "audio/wav", "audio/x-wav", "audio/wave" -> "wav";
            case "audio/mp3", "audio/mpeg" -> "mp3";
            default -> throw attempt.notes().unsupported(path, "audio must be wav or mp3");
        };
        Json.Obj audio = new Json.Obj().put("data", inline.base64()).put("format", format);
        return new Json.Obj().put("type", "input_audio").put("input_audio", audio);
    }
}
