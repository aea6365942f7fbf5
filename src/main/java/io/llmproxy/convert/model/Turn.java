package io.llmproxy.convert.model;

import io.llmproxy.convert.json.Node;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What one side says at once. */
public record Turn(Role role, List<Part> parts, @Nullable String name, Node at) {
    /** Who speaks. */
    public enum Role {
        /** The maker of the application, in the older word. */
        SYSTEM,
        /** The maker of the application, in the newer word. */
        DEVELOPER,
        /** The user. */
        USER,
        /** The model. */
        ASSISTANT,
        /** The tools; its parts are results of the calls in the assistant's turn before. */
        TOOL;

        /** Returns whether it says how the model is to behave. */
        public boolean instructs() {
            return this == SYSTEM || this == DEVELOPER;
        }
    }

    /** Returns this turn with other parts. */
    public Turn with(List<Part> others) {
        return new Turn(role, others, name, at);
    }

    /** Returns the words of this turn. */
    public String text() {
        StringBuilder text = new StringBuilder();
        for (Part part : parts) {
            if (part instanceof Part.Text words) {
                text.append(text.isEmpty() ? "" : "\n").append(words.text());
            }
        }
        return text.toString();
    }
}
