package io.llmproxy.convert.responses;

import io.llmproxy.convert.codec.Answering;
import io.llmproxy.convert.codec.Attempt;
import io.llmproxy.convert.codec.BadAnswerException;
import io.llmproxy.convert.codec.Faults;
import io.llmproxy.convert.json.Json;
import io.llmproxy.convert.json.Node;
import io.llmproxy.convert.model.ChatAnswer;
import io.llmproxy.convert.model.Choice;
import io.llmproxy.convert.model.Opaque;
import io.llmproxy.convert.model.Part;
import io.llmproxy.convert.model.Stop;
import io.llmproxy.convert.model.Stop.Reason;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Whole answers of Responses. */
final class ResponsesAnswers {
    private ResponsesAnswers() {}

    static ChatAnswer decode(Json.Obj body, Attempt attempt) {
        String status = body.string("status", "completed");
        if (body.get("error") != null || status.equals("failed")) {
            throw new BadAnswerException(Faults.decode(200, 0, body));
        }
        if (!(body.get("output") instanceof Json.Arr output)) {
            throw new BadAnswerException("the upstream's answer has no output");
        }
        List<Part> parts = new ArrayList<>();
        for (Json item : output.items()) {
            if (item instanceof Json.Obj object) {
                item(object, parts, attempt);
            }
        }
        boolean calls = parts.stream().anyMatch(Part.ToolCall.class::isInstance);
        boolean refused = parts.stream().anyMatch(Part.Refusal.class::isInstance);
        Stop stop = stop(body).after(calls).afterRefusal(refused);
        return new ChatAnswer(
                body.string("id"),
                List.of(new Choice(0, parts, stop, logprobs(output))),
                ResponsesUsage.decode(body.object("usage")),
                body.string("service_tier"));
    }

    private static Json.@Nullable Arr logprobs(Json.Arr output) {
        Json.Arr all = new Json.Arr();
        for (Json item : output.items()) {
            for (Json content : item instanceof Json.Obj object ? object.array("content") : List.<Json>of()) {
                if (content instanceof Json.Obj part) {
                    part.array("logprobs").forEach(all::add);
                }
            }
        }
        return all.isEmpty() ? null : all;
    }

    static Stop stop(Json.Obj response) {
        if (!response.string("status", "completed").equals("incomplete")) {
            return new Stop(Reason.END);
        }
        Json.Obj details = response.object("incomplete_details");
        String reason = details == null ? "" : details.string("reason", "");
        return new Stop(reason.equals("content_filter") ? Reason.FILTERED : Reason.MAX_TOKENS);
    }

    private static void item(Json.Obj item, List<Part> parts, Attempt attempt) {
        switch (item.string("type", "")) {
            case "message" -> message(item, parts);
            case "reasoning" -> {
                String encrypted = SealedItem.of(item);
                String text = summary(item);
                if (!text.isEmpty() || !encrypted.isEmpty()) {
                    parts.add(new Part.Reasoning(
                            Part.Reasoning.Kind.SUMMARY,
                            text.isEmpty() ? List.of() : List.of(text),
                            encrypted.isEmpty()
                                    ? null
                                    : new Opaque(attempt.family(), Opaque.Kind.SIGNATURE, encrypted)));
                }
            }
            case "function_call" -> parts.add(call(item, item.string("arguments", ""), false));
            case "custom_tool_call" -> parts.add(call(item, item.string("input", ""), true));
            default -> {
                // What a hosted tool did is not told.
            }
        }
    }

    private static void message(Json.Obj item, List<Part> parts) {
        for (Json content : item.array("content")) {
            if (content instanceof Json.Obj part && part.string("refusal") != null) {
                parts.add(new Part.Refusal(part.string("refusal", "")));
            } else if (content instanceof Json.Obj part
                    && !part.string("text", "").isEmpty()) {
                parts.add(new Part.Text(part.string("text", ""), citations(part), null, null));
            }
        }
    }

    /** A chat has them one object deeper. */
    private static List<Json> citations(Json.Obj part) {
        List<Json> citations = new ArrayList<>(0);
        for (Json annotation : part.array("annotations")) {
            if (annotation instanceof Json.Obj flat && "url_citation".equals(flat.string("type"))) {
                Json.Obj inner = new Json.Obj();
                flat.members().forEach(inner::put);
                inner.members().remove("type");
                citations.add(new Json.Obj().put("type", "url_citation").put("url_citation", inner));
            }
        }
        return citations;
    }

    /** Returns the summary of what the model thought, or all of it where a server tells that. */
    static String summary(Json.Obj item) {
        StringBuilder text = new StringBuilder();
        List<Json> texts = item.array("summary").isEmpty() ? item.array("content") : item.array("summary");
        for (Json part : texts) {
            if (part instanceof Json.Obj object) {
                text.append(text.isEmpty() ? "" : "\n\n").append(object.string("text", ""));
            }
        }
        return text.toString();
    }

    private static Part call(Json.Obj item, String arguments, boolean custom) {
        return new Part.ToolCall(
                item.string("call_id", ""), item.string("name", ""), null, arguments, custom, null, Node.of(item));
    }

    static Json.Obj encode(ChatAnswer answer, Answering as) {
        Choice choice = answer.choices().get(0);
        if (choice.stop().reason() == Reason.BAD_TOOL_CALL) {
            throw new BadAnswerException("the model returned an invalid tool call");
        }
        Json.Arr output = new Json.Arr();
        boolean cut = choice.stop().isCut();
        Json.Arr logprobs = choice.logprobs() == null ? new Json.Arr() : choice.logprobs();
        for (Part part : choice.parts()) {
            ResponsesOutput.add(part, cut, logprobs, output, as);
            logprobs = part instanceof Part.Text ? new Json.Arr() : logprobs;
        }
        return response(id(answer.id(), as), choice.stop(), output, as)
                .put("usage", ResponsesUsage.encode(answer.usage() == null ? as.estimate() : answer.usage()));
    }

    static String id(@Nullable String id, Answering as) {
        return id != null && id.startsWith("resp_") ? id : "resp_" + as.ids().next(32);
    }

    /** Returns a response that has come to its end. */
    static Json.Obj response(String id, Stop stop, Json.Arr output, Answering as) {
        boolean incomplete = stop.isCut();
        Json.Obj response = ResponsesHead.of(id, incomplete ? "incomplete" : "completed", as);
        if (incomplete) {
            String reason = stop.reason() == Reason.FILTERED ? "content_filter" : "max_output_tokens";
            response.put("incomplete_details", new Json.Obj().put("reason", reason));
        } else {
            response.put("completed_at", as.epochSecond());
        }
        return response.put("output", output);
    }
}
