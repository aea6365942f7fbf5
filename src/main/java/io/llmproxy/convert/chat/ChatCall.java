package io.llmproxy.convert.chat;

import io.llmproxy.convert.codec.Attempt;
import io.llmproxy.convert.json.Json;
import io.llmproxy.convert.model.Opaque;
import io.llmproxy.convert.model.StreamEvents;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/** One call, whose pieces come in fragments. It is told when its name is known to be whole. */
final class ChatCall {
    private final long index;
    private String id = "";
    private String name = "";
    private @Nullable Opaque signature;
    private int part = -1;

    ChatCall(long index) {
        this.index = index;
    }

    boolean isAt(long other) {
        return index == other;
    }

    boolean hasId(String other) {
        return id.equals(other);
    }

    boolean mayHaveId(String other) {
        return id.isEmpty() || id.equals(other);
    }

    void hear(Json.Obj fragment, IntSupplier numbers, int choice, Attempt attempt, StreamEvents events) {
        String told = fragment.string("id", "");
        id = id.isEmpty() ? told : id;
        signature = signature == null ? ChatAnswers.signature(fragment, attempt) : signature;
        Json.Obj custom = fragment.object("custom");
        Json.Obj function = custom != null ? custom : fragment.object("function");
        if (function == null) {
            return;
        }
        String more = function.string("name", "");
        // What a server repeats is the name once more; what it goes on with is not.
        if (part < 0 && !more.equals(name)) {
            name += more;
        }
        String arguments = custom != null ? custom.string("input", "") : ChatAnswers.arguments(function);
        if (!arguments.isEmpty()) {
            open(numbers, choice, attempt, events);
            events.delta(choice, part, arguments);
        }
    }

    void open(IntSupplier numbers, int choice, Attempt attempt, StreamEvents events) {
        if (part < 0) {
            part = numbers.getAsInt();
            events.openCall(choice, part, id.isEmpty() ? "call_" + attempt.ids().next(24) : id, name, signature);
        }
    }

    void close(int choice, StreamEvents events) {
        events.close(choice, part);
    }
}
