package io.llmproxy.convert.messages;

import io.llmproxy.convert.codec.Attempt;
import io.llmproxy.convert.codec.CallIds;
import io.llmproxy.convert.codec.Results;
import io.llmproxy.convert.codec.Tools;
import io.llmproxy.convert.json.Json;
import io.llmproxy.convert.model.Dialect;
import io.llmproxy.convert.model.Opaque;
import io.llmproxy.convert.model.Part;
import io.llmproxy.convert.model.Source;
import io.llmproxy.convert.model.Turn;
import io.llmproxy.convert.model.Turn.Role;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Writes turns as messages: user and assistant take turns, and the user begins. */
final class MessagesTurns {
    private static final Set<String> IMAGES = Set.of("image/jpeg", "image/png", "image/gif", "image/webp");
    private static final String BEGIN = "<system-reminder>";
    private static final String END = "</system-reminder>";

    private final Attempt attempt;
    private final CacheMarks marks;
    private final Json.Arr messages = new Json.Arr();
    private String lastRole = "";
    private Json.Arr last = new Json.Arr();

    MessagesTurns(Attempt attempt, CacheMarks marks) {
        this.attempt = attempt;
        this.marks = marks;
    }

    Json.Arr written() {
        return messages;
    }

    /** Lets the user say what was an instruction, where there is nothing else. */
    void begin(Json block) {
        if (block instanceof Json.Obj object) {
            append("user", object);
        }
    }

    void add(List<Turn> turns) {
        for (int index = 0; index < turns.size(); index++) {
            Turn turn = turns.get(index);
            boolean answered = index + 1 == turns.size() || turns.get(index + 1).role() == Role.ASSISTANT;
            turn(turn, answered);
        }
        trimPrefill();
    }

    /** Returns whether the model goes on with a turn of its own that does not begin with what it thought. */
    boolean lacksThought() {
        int count = messages.items().size();
        if (count < 2 || !(messages.items().get(count - 1) instanceof Json.Obj user)) {
            return false;
        }
        boolean results = hasType(user, "tool_result");
        return results
                && messages.items().get(count - 2) instanceof Json.Obj assistant
                && !(assistant.array("content").get(0) instanceof Json.Obj first
                        && first.string("type", "").endsWith("thinking"));
    }

    private static boolean hasType(Json.Obj message, String type) {
        return message.array("content").stream()
                .anyMatch(block -> block instanceof Json.Obj object && type.equals(object.string("type")));
    }

    private void turn(Turn turn, boolean answered) {
        switch (turn.role()) {
            case SYSTEM, DEVELOPER -> instruction(turn, answered);
            case USER, TOOL -> turn.parts().forEach(part -> append("user", block(part)));
            case ASSISTANT -> turn.parts().forEach(part -> append("assistant", said(part)));
        }
    }

    private void instruction(Turn turn, boolean answered) {
        String text = turn.text();
        if (text.isBlank()) {
            return;
        }
        if (messages.isEmpty()) {
            append("user", text(text));
        } else if (attempt.capabilities().midSystem() && lastRole.equals("user") && answered) {
            append("system", text(text));
        } else {
            attempt.notes().emulated(turn.at().path());
            append("user", text(BEGIN + text + END));
        }
    }

    private void append(String role, Json.@Nullable Obj block) {
        if (block == null) {
            return;
        }
        if (messages.isEmpty() && !role.equals("user")) {
            attempt.notes().emulated("messages");
            append("user", text("Continue."));
        }
        if (!role.equals(lastRole)) {
            lastRole = role;
            last = new Json.Arr();
            messages.add(new Json.Obj().put("role", role).put("content", last));
        }
        last.add(block);
    }

    /** An answer that is begun must not end with a blank. */
    private void trimPrefill() {
        int index = last.items().size() - 1;
        if (lastRole.equals("assistant")
                && index >= 0
                && last.items().get(index) instanceof Json.Obj block
                && block.string("text") != null) {
            block.put("text", block.string("text", "").stripTrailing());
        }
    }

    private static Json.Obj text(String text) {
        return new Json.Obj().put("type", "text").put("text", text);
    }

    private Json.@Nullable Obj said(Part part) {
        if (part instanceof Part.ToolCall call) {
            return new Json.Obj()
                    .put("type", "tool_use")
                    .put("id", CallIds.fit(call.id(), Dialect.MESSAGES))
                    .put("name", attempt.names().up(call.namespace(), call.name()))
                    .put("input", Tools.arguments(call));
        }
        if (part instanceof Part.Reasoning reasoning) {
            return thought(reasoning);
        }
        if (part instanceof Part.Refusal refusal) {
            return refusal.text().isBlank() ? null : text(refusal.text());
        }
        if (part instanceof Part.Text) {
            return block(part);
        }
        Tools.skipInHistory(part, attempt.notes());
        return null;
    }

    private Json.@Nullable Obj thought(Part.Reasoning reasoning) {
        Opaque opaque = reasoning.opaque();
        if (opaque == null || !opaque.family().equals(attempt.family())) {
            attempt.notes().dropped("reasoning");
            return null;
        }
        if (opaque.kind() == Opaque.Kind.REDACTED) {
            return new Json.Obj().put("type", "redacted_thinking").put("data", opaque.value());
        }
        return new Json.Obj()
                .put("type", "thinking")
                .put("thinking", reasoning.text())
                .put("signature", opaque.value());
    }

    private Json.@Nullable Obj block(Part part) {
        if (part instanceof Part.Text text) {
            return text.text().isBlank() ? null : marks.mark(text(text.text()), text.cache());
        }
        if (part instanceof Part.Image image) {
            Json.Obj source = image(image);
            return marks.mark(new Json.Obj().put("type", "image").put("source", source), image.cache());
        }
        if (part instanceof Part.Document document) {
            return document(document);
        }
        if (part instanceof Part.ToolResult result) {
            return result(result);
        }
        throw Tools.foreign(part, attempt.notes());
    }

    private Json.Obj result(Part.ToolResult result) {
        Json.Obj block = new Json.Obj()
                .put("type", "tool_result")
                .put("tool_use_id", CallIds.fit(result.callId(), Dialect.MESSAGES));
        boolean marked =
                result.parts().stream().anyMatch(part -> part instanceof Part.Text text && text.cache() != null);
        if (Results.media(result).isEmpty() && !marked) {
            block.put("content", Results.plain(result));
        } else {
            Json.Arr content = new Json.Arr();
            for (Part part : result.parts()) {
                Json.Obj inner = block(part);
                if (inner != null) {
                    content.add(inner);
                }
            }
            block.put("content", content);
        }
        if (result.error()) {
            block.put("is_error", true);
        }
        return marks.mark(block, result.cache());
    }

    private Json.Obj image(Part.Image image) {
        if (image.source() instanceof Source.Inline inline && !IMAGES.contains(inline.mediaType())) {
            throw attempt.notes().unsupported(image.at().path(), "an image must be jpeg, png, gif or webp");
        }
        if (image.detail() != null && !image.detail().equals("auto")) {
            attempt.notes().dropped(image.at().path() + ".detail");
        }
        return source(image.source(), image.at().path());
    }

    private Json.Obj document(Part.Document document) {
        Json.Obj block = new Json.Obj()
                .put("type", "document")
                .put("source", documentSource(document))
                .put("title", document.title() != null ? document.title() : document.filename())
                .put("context", document.context());
        if (document.citations()) {
            block.put("citations", new Json.Obj().put("enabled", true));
        }
        return marks.mark(block, document.cache());
    }

    private Json.Obj documentSource(Part.Document document) {
        String path = document.at().path();
        if (document.source() instanceof Source.PlainText plain) {
            return textSource(plain.text());
        }
        if (document.source() instanceof Source.Inline inline
                && inline.mediaType().startsWith("text/")) {
            try {
                return textSource(new String(Base64.getDecoder().decode(inline.base64()), StandardCharsets.UTF_8));
            } catch (IllegalArgumentException e) {
                throw attempt.notes().unsupported(path, "the file is not in base64");
            }
        }
        if (document.source() instanceof Source.Inline inline
                && !inline.mediaType().equals("application/pdf")) {
            throw attempt.notes().unsupported(path, "a document must be PDF or text");
        }
        return source(document.source(), path);
    }

    private static Json.Obj textSource(String text) {
        return new Json.Obj()
                .put("type", "text")
                .put("media_type", "text/plain")
                .put("data", text);
    }

    private Json.Obj source(Source source, String path) {
        if (source instanceof Source.Inline inline) {
            return new Json.Obj()
                    .put("type", "base64")
                    .put("media_type", inline.mediaType())
                    .put("data", inline.base64());
        }
        if (source instanceof Source.Url url && !url.url().startsWith("http")) {
            throw attempt.notes().unsupported(path, "only its provider can read this address");
        }
        if (source instanceof Source.Url url && attempt.capabilities().urlImages()) {
            return new Json.Obj().put("type", "url").put("url", url.url());
        }
        throw attempt.notes()
                .unsupported(
                        path,
                        source instanceof Source.Url
                                ? "the upstream does not fetch URLs; send the data itself"
                                : "a file ID is valid only at the provider that issued it; send the data itself");
    }
}
