package io.llmproxy.convert.responses;

import io.llmproxy.convert.codec.Carriers;
import io.llmproxy.convert.codec.ConversionException;
import io.llmproxy.convert.codec.Efforts;
import io.llmproxy.convert.codec.Extras;
import io.llmproxy.convert.codec.Notes;
import io.llmproxy.convert.json.Node;
import io.llmproxy.convert.model.Audience;
import io.llmproxy.convert.model.ChatRequest;
import io.llmproxy.convert.model.OutputFormat;
import io.llmproxy.convert.model.Sampling;
import io.llmproxy.convert.model.Thinking;
import io.llmproxy.convert.model.Turn;
import io.llmproxy.convert.model.Turn.Role;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads what a client of Responses asks for. What OpenAI keeps between requests, no other provider has: it is refused. */
final class ResponsesRequestDecoder {
    private static final Set<String> KNOWN = Set.of(
            "model",
            "input",
            "instructions",
            "max_output_tokens",
            "temperature",
            "top_p",
            "top_logprobs",
            "reasoning",
            "text",
            "tools",
            "tool_choice",
            "parallel_tool_calls",
            "user",
            "safety_identifier",
            "metadata",
            "prompt_cache_key",
            "service_tier",
            "stream",
            "stream_options",
            "store",
            "include",
            "previous_response_id",
            "conversation",
            "prompt",
            "background");
    private static final String ENCRYPTED = "reasoning.encrypted_content";
    private static final String LOGPROBS = "message.output_text.logprobs";

    private final Node body;
    private final Notes notes;
    private boolean sealed;
    private boolean logprobs;

    ResponsesRequestDecoder(Node body, Notes notes) {
        this.body = body;
        this.notes = notes;
    }

    ChatRequest decode() {
        refuseState();
        include();
        ResponsesItems items = new ResponsesItems(notes);
        Node instructions = body.get("instructions");
        if (instructions.isText()) {
            items.say(Role.SYSTEM, instructions, instructions);
        } else {
            items.addAll(instructions);
        }
        Node input = body.get("input");
        if (input.isText()) {
            items.say(Role.USER, input, input);
        } else if (input.exists()) {
            items.addAll(input);
        } else {
            throw input.mismatch("must be a string or an array");
        }
        ResponsesTools tools = new ResponsesTools(notes);
        tools.addAll(body.get("tools"));
        items.tools().forEach(tools::addAll);
        boolean stream = body.get("stream").isTrue();
        return new ChatRequest(
                body.get("model").textOr(""),
                turns(items.turns()),
                tools.tools(),
                ResponsesTools.choice(body.get("tool_choice")),
                body.get("parallel_tool_calls").flagOrNull(),
                sampling(),
                thinking(),
                format(),
                new Audience(
                        body.get("user").textOrNull(),
                        body.get("safety_identifier").textOrNull(),
                        body.get("metadata").objectOrNull()),
                body.get("prompt_cache_key").textOrNull(),
                body.get("service_tier").textOrNull(),
                stream,
                stream,
                sealed,
                Extras.of(body, KNOWN, Set.of()));
    }

    private static List<Turn> turns(List<Turn> turns) {
        List<Turn> unloaded = new ArrayList<>(turns.size());
        for (Turn turn : turns) {
            unloaded.add(turn.role() == Role.ASSISTANT ? turn.with(Carriers.unload(turn.parts())) : turn);
        }
        return unloaded;
    }

    private void refuseState() {
        refuse("previous_response_id", "send the whole conversation in input");
        refuse("conversation", "send the whole conversation in input");
        refuse("prompt", "send the prompt's text");
        if (body.get("background").isTrue()) {
            throw ConversionException.unsupported("background", "background mode is not supported");
        }
        if (body.get("store").isTrue()) {
            notes.dropped("store");
        }
    }

    private void refuse(String name, String instead) {
        if (body.get(name).exists()) {
            throw ConversionException.unsupported(name, "this refers to data stored at OpenAI; " + instead);
        }
    }

    private void include() {
        for (Node one : body.get("include").items()) {
            switch (one.text()) {
                case ENCRYPTED -> sealed = true;
                case LOGPROBS -> logprobs = true;
                default -> notes.dropped("include");
            }
        }
    }

    private Sampling sampling() {
        Node text = body.get("text");
        Long top = body.get("top_logprobs").wholeOrNull();
        return new Sampling(
                body.get("max_output_tokens").wholeOrNull(),
                body.get("temperature").numberOrNull(0, 2),
                body.get("top_p").numberOrNull(0, 1),
                null,
                List.of(),
                null,
                null,
                null,
                null,
                logprobs || (top != null && top > 0),
                top,
                text.exists() ? text.get("verbosity").textOrNull() : null);
    }

    private Thinking thinking() {
        Node reasoning = body.get("reasoning");
        if (!reasoning.exists()) {
            return new Thinking(null, null, null);
        }
        Node effort = reasoning.get("effort");
        Node summary = reasoning.get("summary", "generate_summary");
        return new Thinking(
                effort.exists() ? Efforts.level(effort.text(), effort) : null, null, summary.exists() ? true : null);
    }

    private @Nullable OutputFormat format() {
        Node text = body.get("text");
        Node format = text.exists() ? text.get("format") : text;
        if (!format.exists()) {
            return null;
        }
        return switch (format.get("type").text()) {
            case "text" -> null;
            case "json_object" -> OutputFormat.AnyObject.INSTANCE;
            case "json_schema" ->
                new OutputFormat.Schema(
                        format.get("name").textOrNull(),
                        format.get("description").textOrNull(),
                        format.get("schema").object(),
                        format.get("strict").flagOrNull());
            default ->
                throw ConversionException.unsupported(
                        format.get("type").path(), "only text, json_object and json_schema are converted");
        };
    }
}
