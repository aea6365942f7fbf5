package io.llmproxy.convert;

import io.llmproxy.convert.model.ChatAnswer;
import io.llmproxy.convert.model.Choice;
import io.llmproxy.convert.model.Part;
import io.llmproxy.convert.model.StreamEvents;
import io.llmproxy.convert.model.StreamEvents.Kind;

/** Tells a whole answer as if it were a stream, each part at once. */
final class Replay {
    private Replay() {}

    static void of(ChatAnswer answer, StreamEvents events) {
        events.begin(answer.id(), answer.usage());
        for (Choice choice : answer.choices()) {
            for (int part = 0; part < choice.parts().size(); part++) {
                tell(choice.index(), part, choice.parts().get(part), events);
            }
            events.stop(choice.index(), choice.stop());
        }
        if (answer.usage() != null) {
            events.usage(answer.usage());
        }
        events.finish();
    }

    private static void tell(int choice, int number, Part part, StreamEvents events) {
        if (part instanceof Part.ToolCall call) {
            events.openCall(choice, number, call.id(), call.name(), call.opaque());
            say(choice, number, call.arguments(), events);
        } else if (part instanceof Part.Reasoning reasoning) {
            events.open(choice, number, kind(reasoning));
            say(choice, number, reasoning.text(), events);
            if (reasoning.opaque() != null) {
                events.sign(choice, number, reasoning.opaque());
            }
        } else if (part instanceof Part.Text text) {
            events.open(choice, number, Kind.TEXT);
            say(choice, number, text.text(), events);
            if (text.opaque() != null) {
                events.sign(choice, number, text.opaque());
            }
        } else if (part instanceof Part.Refusal refusal) {
            events.open(choice, number, Kind.REFUSAL);
            say(choice, number, refusal.text(), events);
        } else {
            events.open(choice, number, Kind.REDACTED);
        }
        events.close(choice, number);
    }

    private static Kind kind(Part.Reasoning reasoning) {
        return switch (reasoning.kind()) {
            case RAW -> Kind.REASONING;
            case SUMMARY -> Kind.SUMMARY;
            case REDACTED -> Kind.REDACTED;
        };
    }

    private static void say(int choice, int part, String text, StreamEvents events) {
        if (!text.isEmpty()) {
            events.delta(choice, part, text);
        }
    }
}
