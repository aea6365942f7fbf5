package io.llmproxy.convert.codec;

import io.llmproxy.convert.model.Dialect;
import io.llmproxy.convert.model.Place;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One attempt to have a request answered by an upstream of a dialect.
 *
 * @param target the upstream's dialect
 * @param place where it is spoken
 * @param family whose opaque state the upstream reads
 * @param model the upstream's name of the model
 * @param capabilities what this model takes
 * @param policy what the operator decided
 * @param names the tools' names
 * @param notes what is lost
 * @param ids names for what the upstream gives none
 * @param wantsReasoning whether the client would be told what the model thinks
 */
public record Attempt(
        Dialect target,
        Place place,
        String family,
        String model,
        Capabilities capabilities,
        Policy policy,
        ToolNames names,
        Notes notes,
        Ids ids,
        boolean wantsReasoning) {

    /** Returns whether the dialect is spoken at Vertex AI, where some members differ. */
    public boolean vertex() {
        return place == Place.VERTEX;
    }

    /** Leaves out what has no counterpart, and returns the members that the operator wants to be sent on. */
    public boolean forwards(String name, boolean semantic, @Nullable String reason) {
        Set<String> forward = policy.forward();
        if (forward.contains(name)) {
            return true;
        }
        if (semantic) {
            notes.lost(name, reason == null ? "the upstream's API has no equivalent" : reason);
        } else {
            notes.dropped(name);
        }
        return false;
    }
}
