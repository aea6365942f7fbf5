package io.llmproxy.convert.codec;

import io.llmproxy.convert.model.Opaque;
import io.llmproxy.convert.model.Part;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Puts opaque state back where it belongs, after it has travelled in the place that a client's dialect has for it. */
public final class Carriers {
    private Carriers() {}

    /** Returns the parts of a turn with the state of calls and words on them, and without what carried it. */
    public static List<Part> unload(List<Part> parts) {
        List<Part> unloaded = new ArrayList<>(parts.size());
        Opaque forCall = null;
        for (Part part : parts) {
            Opaque carried = carried(part);
            if (carried != null && carried.kind() == Opaque.Kind.CALL) {
                forCall = carried;
            } else if (carried != null) {
                sign(unloaded, carried);
            } else if (part instanceof Part.ToolCall call && call.opaque() == null && forCall != null) {
                unloaded.add(signed(call, forCall));
                forCall = null;
            } else {
                unloaded.add(part);
            }
        }
        return unloaded;
    }

    /** Returns what travels with the reasoning that an envelope is put into. */
    public static Part.Reasoning reasoning(Envelope envelope, String visible) {
        String text = envelope.text() == null ? visible : envelope.text();
        boolean redacted = envelope.opaque().kind() == Opaque.Kind.REDACTED;
        return new Part.Reasoning(
                redacted ? Part.Reasoning.Kind.REDACTED : Part.Reasoning.Kind.SUMMARY,
                text.isEmpty() ? List.of() : List.of(text),
                envelope.opaque());
    }

    private static @Nullable Opaque carried(Part part) {
        if (!(part instanceof Part.Reasoning reasoning) || reasoning.opaque() == null) {
            return null;
        }
        Opaque.Kind kind = reasoning.opaque().kind();
        return kind == Opaque.Kind.CALL || kind == Opaque.Kind.TEXT ? reasoning.opaque() : null;
    }

    private static void sign(List<Part> parts, Opaque opaque) {
        int last = parts.size() - 1;
        if (last >= 0 && parts.get(last) instanceof Part.Text text && text.opaque() == null) {
            parts.set(last, new Part.Text(text.text(), text.citations(), text.cache(), opaque));
        } else {
            parts.add(new Part.Text("", List.of(), null, opaque));
        }
    }

    private static Part signed(Part.ToolCall call, Opaque opaque) {
        return new Part.ToolCall(
                call.id(), call.name(), call.namespace(), call.arguments(), call.custom(), opaque, call.at());
    }
}
