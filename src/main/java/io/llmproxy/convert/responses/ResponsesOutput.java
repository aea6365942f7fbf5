package io.llmproxy.convert.responses;

import io.llmproxy.convert.codec.Answering;
import io.llmproxy.convert.codec.CustomInput;
import io.llmproxy.convert.codec.Envelope;
import io.llmproxy.convert.codec.ToolNames;
import io.llmproxy.convert.json.Json;
import io.llmproxy.convert.model.Opaque;
import io.llmproxy.convert.model.Part;
import org.jspecify.annotations.Nullable;

/** Writes the items of an answer. */
final class ResponsesOutput {
    private static final int ID = 32;

    private ResponsesOutput() {}

    /** Adds a part; the tokens are those of the first words. */
    static void add(Part part, boolean cut, Json.Arr logprobs, Json.Arr output, Answering as) {
        if (part instanceof Part.Text text) {
            if (!text.text().isEmpty()) {
                output.add(message("msg_" + as.ids().next(ID), text(text.text(), annotations(text), logprobs)));
            }
            carry(text.opaque(), output, as);
        } else if (part instanceof Part.Refusal refusal) {
            output.add(message("msg_" + as.ids().next(ID), refusal(refusal.text())));
        } else if (part instanceof Part.Reasoning reasoning) {
            String sealed = seal(reasoning.opaque(), reasoning.text(), as);
            if (!reasoning.texts().isEmpty() || sealed != null) {
                output.add(reasoning("rs_" + as.ids().next(ID), reasoning.text(), sealed));
            }
        } else if (part instanceof Part.ToolCall call) {
            carry(call.opaque(), output, as);
            ToolNames.Origin origin = as.names().down(call.name());
            boolean plain = as.names().areCustomKnown() || call.custom();
            String arguments = origin.custom() ? CustomInput.of(plain, call.arguments()) : call.arguments();
            String id = (origin.custom() ? "ctc_" : "fc_") + as.ids().next(ID);
            output.add(call(id, call.id(), origin, arguments, cut ? "incomplete" : "completed"));
        }
    }

    private static void carry(@Nullable Opaque opaque, Json.Arr output, Answering as) {
        String sealed = seal(opaque, "", as);
        if (sealed != null) {
            output.add(reasoning("rs_" + as.ids().next(ID), "", sealed));
        }
    }

    /** Returns what a client sends back as it is, if it takes such; another provider's state travels in an envelope. */
    static @Nullable String seal(@Nullable Opaque opaque, String text, Answering as) {
        if (opaque == null || !as.request().sealedReasoning()) {
            return null;
        }
        return opaque.family().equals("openai")
                ? SealedItem.content(opaque.value())
                : new Envelope(opaque, text.isEmpty() ? null : text).seal();
    }

    static Json.Obj message(String id, Json.Obj content) {
        return new Json.Obj()
                .put("id", id)
                .put("type", "message")
                .put("status", "completed")
                .put("role", "assistant")
                .put("content", new Json.Arr().add(content));
    }

    static Json.Obj text(String text, Json.Arr annotations, Json.Arr logprobs) {
        return new Json.Obj()
                .put("type", "output_text")
                .put("text", text)
                .put("annotations", annotations)
                .put("logprobs", logprobs);
    }

    static Json.Obj refusal(String text) {
        return new Json.Obj().put("type", "refusal").put("refusal", text);
    }

    static Json.Obj reasoning(String id, String text, @Nullable String sealed) {
        Json.Arr summary = new Json.Arr();
        if (!text.isEmpty()) {
            summary.add(summary(text));
        }
        return new Json.Obj()
                .put("id", id)
                .put("type", "reasoning")
                .put("summary", summary)
                .put("encrypted_content", sealed);
    }

    static Json.Obj summary(String text) {
        return new Json.Obj().put("type", "summary_text").put("text", text);
    }

    static Json.Obj call(String id, String callId, ToolNames.Origin origin, String arguments, String status) {
        return new Json.Obj()
                .put("id", id)
                .put("type", origin.custom() ? "custom_tool_call" : "function_call")
                .put("status", status)
                .put("call_id", callId)
                .put("namespace", origin.namespace())
                .put("name", origin.name())
                .put(origin.custom() ? "input" : "arguments", arguments);
    }

    private static Json.Arr annotations(Part.Text text) {
        Json.Arr annotations = new Json.Arr();
        for (Json citation : text.citations()) {
            Json.Obj inner = citation instanceof Json.Obj object ? object.object("url_citation") : null;
            if (inner != null) {
                Json.Obj flat = new Json.Obj().put("type", "url_citation");
                inner.members().forEach(flat::put);
                annotations.add(flat);
            }
        }
        return annotations;
    }
}
