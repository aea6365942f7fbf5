package io.llmproxy.convert.codec;

import io.llmproxy.convert.json.Json;
import io.llmproxy.convert.json.Node;
import io.llmproxy.convert.model.Extra;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What stands at the top of a request and belongs to its dialect alone. */
public final class Extras {
    private Extras() {}

    /**
     * Returns the members that are not known.
     *
     * @param semantic those of them without which an answer means something else
     */
    public static List<Extra> of(Node body, Set<String> known, Set<String> semantic) {
        List<Extra> extras = new ArrayList<>(0);
        for (Map.Entry<String, Json> member : body.others(known)) {
            extras.add(new Extra(member.getKey(), member.getValue(), semantic.contains(member.getKey())));
        }
        return extras;
    }

    /** Notes what is not known inside of an object. */
    public static void note(Node object, Set<String> known, Notes notes) {
        for (Map.Entry<String, Json> member : object.others(known)) {
            notes.dropped(object.path() + "." + member.getKey());
        }
    }

    /** Writes what the operator wants to be sent on, and notes the rest. */
    public static void write(List<Extra> extras, Attempt attempt, Json.Obj body) {
        for (Extra extra : extras) {
            if (attempt.forwards(extra.name(), extra.semantic(), "the upstream's API has no equivalent")) {
                body.put(extra.name(), extra.value());
            }
        }
    }
}
